"""Harvests on a real Ray cluster of this machine, with what can be lost there lost."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is not installed: make vllm", allow_module_level=True)

from command_line import genesys
from harvest_child import harvest_of
from ray_rig import (
    LOCAL,
    DeadlySettings,
    actors,
    all_gone,
    cluster_below,
    kill_by_ray,
    kill_by_signal,
    killing,
    ray_cluster,
)
from recordings import write_recording

from genesys.envs.sources import open_problems
from genesys.errors import ConfigurationError
from genesys.rewards import Grader
from genesys.rollouts.cluster.cluster_backend import ClusterBackends
from genesys.rollouts.cluster.cluster_sampler import ClusterSampler
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.merging import merge
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.sampler import SampleRequest, SamplerSettings
from genesys.schema import Problem, Sampling
from genesys.testing.samplers import acheck_sampler

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]

PROBLEMS, N = "string-programs:level=0,seed=0,size=700", 4


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recording(tmp_path_factory.mktemp("recording") / "recording.jsonl", PROBLEMS, N)


@pytest.fixture(scope="module")
def settings(recording: Path) -> dict[str, Any]:
    return {
        "env_id": "genesys/output-prediction-v0",
        "problems": PROBLEMS,
        "sampler": "recording",
        "model": str(recording),
        "n": N,
        "concurrency": 16,
    }


@pytest.fixture(scope="module")
def whole(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The canonical files of the run without a cluster."""
    folder = tmp_path_factory.mktemp("whole")
    asyncio.run(harvest_of(settings).run(folder / "run"))
    return canonical(folder / "run")


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    with ray_cluster():
        yield


def canonical(run: Path) -> dict[str, bytes]:
    out = run.with_suffix(".canonical")
    merge([run], out, canonical=True)
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def clustered(settings: dict[str, Any]) -> Harvest:
    return harvest_of({**settings, "cluster": vars(LOCAL)})


def test_two_samplers_killed_change_nothing(
    cluster: None, settings: dict[str, Any], whole: dict[str, bytes], tmp_path: Path
) -> None:
    harvest = clustered(settings)
    progress = harvest.progress
    acts = (
        (lambda: progress.completions > 300, lambda: kill_by_ray("sampler")),
        (lambda: progress.completions > 600, lambda: kill_by_signal("sampler")),
    )
    with killing(*acts) as done:
        asyncio.run(harvest.run(tmp_path / "run"))
    assert done == [0, 1]
    assert progress.samplers is not None
    assert progress.samplers.lost == 2
    assert (progress.completions, progress.failed) == (700 * N, 0)
    assert canonical(tmp_path / "run") == whole


def test_a_request_that_kills_samplers_is_given_up_and_the_rest_goes_on(
    cluster: None, recording: Path, tmp_path: Path
) -> None:
    problems = "string-programs:level=0,seed=0,size=40"
    poison = open_problems(problems)[20].problem_id
    harvest = Harvest(
        env_id="genesys/output-prediction-v0",
        problems=problems,
        sampler=DeadlySettings(name="recording", model=str(recording), sampling=Sampling(), poison=poison),
        cluster=LOCAL,
    )
    progress = asyncio.run(harvest.run(tmp_path / "run"))
    assert (progress.completions, progress.failed) == (39, 1)
    assert poison not in RunReader(tmp_path / "run").table("completions")["problem_id"].to_pylist()


def test_the_samplers_contract_holds(cluster: None, recording: Path) -> None:
    requests = [
        SampleRequest(problem_id=problem.problem_id, messages=(), sample_indices=(0, 2, 3), seeds=(1, 2, 3))
        for problem in open_problems("string-programs:level=0,seed=0,size=3")
    ]

    async def check() -> None:
        settings = SamplerSettings(name="recording", model=str(recording), sampling=Sampling())
        await acheck_sampler(await ClusterSampler.open(settings, LOCAL), requests)

    asyncio.run(check())


def test_a_sampler_that_cannot_be_built_is_one_clear_error(cluster: None, tmp_path: Path) -> None:
    missing = SamplerSettings(name="recording", model=str(tmp_path / "none.jsonl"), sampling=Sampling())
    with pytest.raises(ConfigurationError, match=r"none\.jsonl"):
        asyncio.run(ClusterSampler.open(missing, LOCAL))


def slow_problem(number: int) -> tuple[Problem, str]:
    """A program that runs for a moment, and whose output is the problem's number."""
    problem = Problem(
        problem_id=f"slow-{number}",
        source="test",
        task_type="verifiable_code",
        prompt="Print the number that you read.",
        verification_info={
            "language": "python",
            "test_cases": [{"type": "stdin_stdout", "input": f"{number}\n", "output": f"{number}\n"}],
        },
    )
    return problem, "```python\nprint(input())\n```"


def test_verification_outlives_a_lost_grader(cluster: None) -> None:
    problems, texts = zip(*map(slow_problem, range(60)), strict=True)
    texts = (*texts[:-1], "```python\nprint('no')\n```")
    here, there = Grader(), Grader(backends=ClusterBackends(LOCAL))
    try:
        pending = [there.submit(*pair) for pair in zip(problems, texts, strict=True)]
        with killing((lambda: any(one.done() for one in pending), lambda: kill_by_signal("grader"))) as done:
            verdicts = [one.result() for one in pending]
        assert done == [0]
        assert verdicts == here.verify_batch(problems, texts)
        assert {verdict.score for verdict in verdicts[:-1]} == {1.0}
        assert verdicts[-1].score == 0.0
    finally:
        here.close()
        there.close()
    assert actors("grader") == []


def test_a_killed_driver_goes_on_where_it_was(settings: dict[str, Any], tmp_path: Path) -> None:
    out, alone = tmp_path / "run", tmp_path / "alone"
    plain = [
        *("collect", "--json", "--env", settings["env_id"], "--problems", PROBLEMS, "--n", str(N)),
        *("--sampler", "recording", "--model", settings["model"], "--concurrency", "16"),
    ]
    place = ("--cluster", "ray", "--ray-address", "local", "--samplers", "4", "--cpus-per-sampler", "0.5")
    arguments = [*plain, *place, "--out", str(out)]
    assert genesys(*plain, "--out", alone).returncode == 0
    driver = subprocess.Popen([sys.executable, "-m", "genesys", *arguments], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 180
    while committed(out) < 200 and driver.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    below = cluster_below(driver.pid)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    kept = committed(out)
    assert 200 <= kept < 700 * N
    assert len(below) >= 6
    assert all_gone(below), "the cluster outlived its driver"
    resumed = genesys(*arguments)
    assert resumed.returncode == 0, resumed.stderr
    told = json.loads(resumed.stdout)  # one object, and nothing of Ray's
    assert told["before"] >= kept
    assert told["before"] + told["completions"] == 700 * N
    assert canonical(out) == canonical(alone)


def committed(out: Path) -> int:
    if not (out / "run.json").exists():
        return 0
    names = RunReader(out).table("completions", ["response_id"])["response_id"].to_pylist()
    assert len(names) == len(set(names))
    return len(names)
