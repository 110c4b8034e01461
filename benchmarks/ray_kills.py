"""Samplers, and the driver itself, killed during harvests on a Ray cluster of this machine.

    python benchmarks/ray_kills.py [--sampler recording|transformers] [--problems 700] [--kills 2] [--driver-kills 1]

Runs one harvest without a cluster, then the same with samplers in actors: some are ended through Ray and by
SIGKILL in turn while it runs. Then the driver of a third harvest is killed by SIGKILL, and the same command
goes on. Reports, for both, whether the ids are those of the first run, each once, and whether
`genesys merge --canonical` gives the same bytes; and what the cluster costs in CPU time of the driver.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

SUPPORT = Path(__file__).resolve().parent.parent / "tests" / "support"
sys.path.insert(0, str(SUPPORT))

from harvest_child import harvest_of
from ray_rig import all_gone, cluster_below, kill_by_ray, kill_by_signal, killing, ray_cluster
from recordings import write_recording

from genesys.rollouts.merging import merge
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_reader import RunReader


def settings_of(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The harvest, as harvest_child takes it."""
    problems = f"string-programs:level=0,seed=0,size={options.problems}"
    common = {"env_id": "genesys/output-prediction-v0", "problems": problems, "n": 4, "concurrency": 32}
    if options.sampler == "recording":
        model = write_recording(work / "recording.jsonl", problems, 4)
        return {**common, "sampler": "recording", "model": str(model)}
    from small_models import random_model

    model = random_model(work / "model")
    return {
        **common,
        "sampler": "transformers",
        "model": str(model),
        "sampling": {"max_tokens": 64},
        "options": {"batch_size": 32},
    }


def on_cluster(settings: dict[str, Any], samplers: int) -> dict[str, Any]:
    """The same harvest on a cluster of this machine."""
    return {**settings, "cluster": {"address": "local", "samplers": samplers, "cpus_per_sampler": 0.5}}


def canonical(run: Path) -> dict[str, bytes]:
    """The files of a run after merge --canonical."""
    out = run.with_suffix(".canonical")
    if not out.exists():
        merge([run], out, canonical=True)
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def ids(run: Path) -> list[str]:
    """The response ids of a run, in order."""
    if not (run / "run.json").exists():
        return []
    return sorted(RunReader(run).table("completions", ["response_id"])["response_id"].to_pylist())


def verdict(run: Path, whole: Path) -> dict[str, Any]:
    """How a run compares with the undisturbed one."""
    found = ids(run)
    return {
        "completions": len(found),
        "duplicates": len(found) - len(set(found)),
        "same_ids": found == ids(whole),
        "same_bytes": canonical(run) == canonical(whole),
    }


def harvest(settings: dict[str, Any], out: Path) -> tuple[Progress, float]:
    """Collects in this process; the counters and the CPU seconds."""
    began = time.process_time()
    progress = asyncio.run(harvest_of(settings).run(out))
    return progress, time.process_time() - began


def kill_samplers(settings: dict[str, Any], kills: int, out: Path) -> dict[str, Any]:
    """A harvest on the cluster with samplers killed at even distances."""
    work = harvest_of(settings)
    total = settings["n"] * int(settings["problems"].rpartition("=")[2])
    acts = [
        (
            partial(lambda due: work.progress.completions >= due, total * (number + 1) // (kills + 2)),
            partial((kill_by_ray, kill_by_signal)[number % 2], "sampler"),
        )
        for number in range(kills)
    ]
    with killing(*acts) as done:
        progress = asyncio.run(work.run(out))
    assert progress.samplers is not None
    return {"kills": len(done), "lost": progress.samplers.lost, "failed": progress.failed}


def kill_driver(settings: dict[str, Any], kills: int, out: Path) -> dict[str, Any]:
    """A harvest whose driver is killed and started again."""
    path = out.with_suffix(".json")
    path.write_text(json.dumps(settings))
    command = [sys.executable, str(SUPPORT / "harvest_child.py"), str(path), str(out)]
    total = settings["n"] * int(settings["problems"].rpartition("=")[2])
    kept, orphans, done = [], 0, 0
    for number in range(kills):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while len(ids(out)) < total * (number + 1) // (kills + 2) and child.poll() is None:
            time.sleep(0.05)
        below = cluster_below(child.pid)
        done += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        orphans += not all_gone(below)
        kept.append(len(ids(out)))
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return {"kills": done, "kept_at_each": kept, "clusters_left_behind": orphans}


def main() -> None:
    """Runs and reports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sampler", choices=("recording", "transformers"), default="recording")
    parser.add_argument("--problems", type=int, default=700)
    parser.add_argument("--samplers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=2, help="of samplers")
    parser.add_argument("--driver-kills", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        settings = settings_of(options, work)
        there = on_cluster(settings, options.samplers)
        whole, calm, killed, restarted = (work / name for name in ("whole", "calm", "killed", "restarted"))
        progress, alone = harvest(settings, whole)
        with ray_cluster():
            _, clustered = harvest(there, calm)
            report: dict[str, Any] = {
                "sampler": options.sampler,
                "samplers": options.samplers,
                "cores": os.cpu_count(),
                "undisturbed": verdict(calm, whole),
                "driver_cpu_ms_a_completion": {
                    "alone": round(1000 * alone / progress.completions, 2),
                    "on_the_cluster": round(1000 * clustered / progress.completions, 2),
                },
            }
            killed_samplers = kill_samplers(there, options.kills, killed)
        report["samplers_killed"] = {**killed_samplers, **verdict(killed, whole)}
        killed_drivers = kill_driver(there, options.driver_kills, restarted)
        report["driver_killed"] = {**killed_drivers, **verdict(restarted, whole)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
