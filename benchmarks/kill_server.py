"""Random SIGKILLs over one run with vLLM's server behind it: the collector, the server, or both.

    python benchmarks/kill_server.py [--kills 200] [--server-kills 10] [--both 5] [--problems 1500]

After every kill, nothing that was committed is missing; at the end the run has the ids of the same run
undisturbed, each once. Then the same with the collector alone and a sampler that is reproducible
(transformers): after `genesys merge --canonical` the two runs are the same bytes. Needs vLLM and transformers.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

SUPPORT = Path(__file__).resolve().parent.parent / "tests" / "support"
sys.path.insert(0, str(SUPPORT))

from harvest_child import harvest_of
from vllm_server import free_port, serving

from genesys.rollouts.fsck import fsck_run
from genesys.rollouts.merging import merge
from genesys.rollouts.run_reader import RunReader

WINDOW = 0.8
"""Seconds after a collector has begun within which it is killed."""


class Server:
    """vLLM's server, which can be killed and comes back at its port."""

    def __init__(self, model: Path, log: Path) -> None:
        self._model, self._log = model, log
        self._port = free_port()
        self._held = ExitStack()
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self._pid = 0

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        self._pid = self._held.enter_context(serving(self._model, self._log, port=self._port)).pid

    def kill(self) -> None:
        """Kills it with all its processes."""
        os.killpg(self._pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Ends it."""
        self._held.close()


@dataclass
class Collector:
    """A harvest in a process of its own, forked from this one, which has everything loaded."""

    settings: dict[str, Any]
    out: Path
    pid: int = 0
    status: int | None = None

    def start(self) -> None:
        """Begins, or goes on; returns when the harvest has begun or ended."""
        before = self._begun()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            self._work()
        while self._begun() == before and self.is_alive():
            time.sleep(0.005)

    def _work(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            progress = asyncio.run(harvest_of(self.settings).run(self.out))
            os._exit(75 if progress.failed else 0)
        except BaseException as error:  # noqa: BLE001  # a fork must not go on as its parent would
            print(f"the collector ended: {error}", file=sys.stderr, flush=True)
            os._exit(1)

    def _begun(self) -> int:
        log = self.out / "log.jsonl"
        return log.read_text().count('"collect"') if log.exists() else 0

    def is_alive(self) -> bool:
        """Whether it runs."""
        if self.pid:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.pid, self.status = 0, os.waitstatus_to_exitcode(status)
        return bool(self.pid)

    def kill(self) -> bool:
        """Kills it; False if it had ended."""
        if not self.is_alive():
            return False
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = 0
        return True

    def finish(self) -> None:
        """Runs to the end, again where samples failed."""
        for _ in range(5):
            if not self.pid:
                self.start()
            status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]) if self.pid else 0
            self.pid = 0
            if status == 0:
                return
        raise RuntimeError("the harvest does not come to its end")


@dataclass
class Watch:
    """What is committed: once seen, it must not go away, nor come twice."""

    out: Path
    seen: set[tuple[str, str]] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Compares what is there with what was there."""
        if not (self.out / "run.json").exists():
            return
        table = RunReader(self.out).table("completions", ["response_id", "text_digest"])
        rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        if len({name for name, _ in rows}) != len(rows):
            self.complaints.append("an id stands twice")
        if lost := self.seen - set(rows):
            self.complaints.append(f"{len(lost)} committed completions are gone")
        self.seen = set(rows)


def load(*modules: str) -> None:
    """Imports what the forks need, once; nothing of it is used before they are made."""
    for module in modules:
        import_module(module)


def schedule(options: argparse.Namespace, rng: random.Random) -> list[str]:
    """Who is killed, kill by kill."""
    whom = ["server"] * options.server_kills + ["both"] * options.both
    whom += ["collector"] * (options.kills - len(whom))
    rng.shuffle(whom)
    return whom


def kill_over(
    collector: Collector, server: Server | None, whom: list[str], rng: random.Random
) -> Counter[str]:
    """Kills; returns what was killed, and complaints."""
    watch, done = Watch(collector.out), Counter[str]()
    began = time.monotonic()
    for number, target in enumerate(whom, 1):
        if not collector.pid:
            collector.start()
        time.sleep(rng.uniform(0, WINDOW))
        if target != "server" and not collector.kill():
            if collector.status == 0:
                break  # the harvest is done
            continue  # samples failed while there was no server: the next call asks again
        if target != "collector" and server is not None:
            server.kill()
            watch.look()
            server.start()
        done[target] += 1
        watch.look()
        if number % 20 == 0:
            minutes = (time.monotonic() - began) / 60
            print(f"  {number} kills, {len(watch.seen)} completions committed, {minutes:.1f} min", flush=True)
    collector.finish()
    watch.look()
    for complaint in watch.complaints:
        print(f"  WRONG: {complaint}")
    done["wrong"] = len(watch.complaints)
    return done


def ids(out: Path) -> list[str]:
    """The ids of a run's completions, each as often as it stands there."""
    return sorted(RunReader(out).table("completions", ["response_id"])["response_id"].to_pylist())


def bytes_of(folder: Path) -> str:
    """One digest of all files of a folder, names and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(
            f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def tiny_model(folder: Path, context: int) -> Path:
    """A small model with random weights, made elsewhere: a process that has used torch must not be forked."""
    code = f"from pathlib import Path; from small_models import random_model; random_model(Path({str(folder)!r}), context={context})"
    paths = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": paths})
    return folder


def over_vllm(options: argparse.Namespace, work: Path) -> bool:
    """Kills over vLLM's server; whether nothing was wrong."""
    load("httpx", "genesys.rollouts.samplers.server_sampler", "genesys.rewards.output_verifier")
    rng = random.Random(options.seed)
    server = Server(tiny_model(work / "model", context=2048), work / "server.log")
    settings = {
        "env_id": "genesys/output-prediction-v0",
        "problems": f"string-programs:level=0,seed=0,size={options.problems}",
        "sampler": "server",
        "model": "tiny",
        "options": {"endpoints": server.url, "patience": 600},
        "sampling": {"max_tokens": 16},
        "n": 2,
        "concurrency": 16,
        "part_characters": 40_000,
    }
    server.start()
    try:
        began = time.monotonic()
        whole = Collector(settings, work / "whole")
        whole.finish()
        print(
            f"undisturbed: {len(ids(whole.out))} completions in {time.monotonic() - began:.0f} s", flush=True
        )
        killed = Collector(settings, work / "killed")
        done = kill_over(killed, server, schedule(options, rng), rng)
    finally:
        server.close()
    same = ids(killed.out) == ids(whole.out)
    sound = fsck_run(killed.out).is_sound
    print(
        f"vLLM: {dict(done)}; ids of the undisturbed run: {same}; fsck: {'sound' if sound else 'unsound'}",
        flush=True,
    )
    return same and sound and not done["wrong"]


def over_transformers(options: argparse.Namespace, work: Path) -> bool:
    """Kills over a reproducible sampler; whether the canonical forms are the same bytes."""
    load("genesys.rollouts.samplers.transformers_sampler", "transformers.models.qwen2.modeling_qwen2")
    rng = random.Random(options.seed)
    settings = {
        "env_id": "genesys/output-prediction-v0",
        "problems": f"string-programs:level=0,seed=0,size={options.problems // 2}",
        "sampler": "transformers",
        "model": str(tiny_model(work / "model", context=256)),
        "options": {"batch_size": 32},
        "sampling": {"max_tokens": 16},
        "n": 2,
        "part_characters": 40_000,
    }
    whole, killed = Collector(settings, work / "whole"), Collector(settings, work / "killed")
    whole.finish()
    done = kill_over(killed, None, ["collector"] * options.reproducible_kills, rng)
    for one in (whole, killed):
        merge([one.out], one.out.with_suffix(".canonical"), canonical=True)
    same = bytes_of(whole.out.with_suffix(".canonical")) == bytes_of(killed.out.with_suffix(".canonical"))
    print(f"transformers: {dict(done)}; the same bytes after merge --canonical: {same}")
    return same and not done["wrong"]


def main() -> int:
    """Runs both and prints what they found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--server-kills", type=int, default=10, help="Of these, of the server alone.")
    parser.add_argument("--both", type=int, default=5, help="Of these, of server and collector at once.")
    parser.add_argument("--reproducible-kills", type=int, default=20)
    parser.add_argument("--problems", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("vllm", "transformers"))
    options = parser.parse_args()
    began, sound = time.monotonic(), True
    with tempfile.TemporaryDirectory() as folder:
        for name, check in (("vllm", over_vllm), ("transformers", over_transformers)):
            if options.only in (None, name):
                (Path(folder) / name).mkdir()
                sound &= check(options, Path(folder) / name)
    print(f"{'nothing wrong' if sound else 'WRONG'}, {(time.monotonic() - began) / 60:.1f} min")
    return int(not sound)


if __name__ == "__main__":
    sys.exit(main())
