"""When a problem, and when a whole call, has had enough."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harvest_child import harvest_of
from hypothesis import given
from hypothesis import strategies as st
from runs import make_identity

from genesys.envs.sources import open_problems
from genesys.errors import ConfigurationError
from genesys.rollouts.budgets import Budget, Prices
from genesys.rollouts.collecting import make_environment
from genesys.rollouts.collector import Collector, CollectSettings
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.sampler import Capabilities, Sample, SampleRequest
from genesys.rollouts.tallies import StoppingRule, Tally, stopping_rule
from genesys.schema import Sampling

PROBLEMS = "arithmetic:level=1,seed=0,size=30"
N = 8


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Eight responses to each problem, right one time in three, of ten tokens each."""
    rng, path = random.Random(0), tmp_path / "recording.jsonl"
    with path.open("w") as file:
        for problem in open_problems(PROBLEMS):
            for _ in range(N):
                gold = problem.verification_info["ground_truth"]
                answer = gold if rng.random() < 1 / 3 else "123456"
                row = {"problem_id": problem.problem_id, "llm_response": f"\\boxed{{{answer}}}"}
                file.write(json.dumps({**row, "completion_tokens": 10, "prompt_tokens": 5}) + "\n")
    return path


def harvest(recording: Path, out: Path, **settings: Any) -> Progress:
    made = harvest_of(
        {
            "env_id": "genesys/math-v0",
            "problems": PROBLEMS,
            "sampler": "recording",
            "model": str(recording),
            "n": N,
        }
    )
    made = replace(made, settings=CollectSettings(**{"n": N, **settings}), progress=Progress())
    return asyncio.run(made.run(out))


def scores_of(out: Path) -> dict[str, list[tuple[int, float]]]:
    """Problem -> (index, score) of its completions, in order."""
    run = RunReader(out)
    rows = run.table("completions", ["response_id", "problem_id", "sample_index"]).to_pylist()
    scores = {row["response_id"]: row["score"] for row in run.table("scores", verifier="math@1").to_pylist()}
    found: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        found.setdefault(row["problem_id"], []).append((row["sample_index"], scores[row["response_id"]]))
    return {name: sorted(members) for name, members in found.items()}


@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=12), st.integers(1, 4), st.integers(0, 1), st.data())
def test_a_problem_ends_with_its_shortest_beginning_that_has_enough_whatever_was_lost(
    scores: list[float], right: int, wrong: int, data: st.DataObject
) -> None:
    rule, there, asked = StoppingRule(right=right, wrong=wrong), set[int](), 0
    while True:
        tally = Tally(
            right=sum(scores[index] == 1.0 for index in there),
            wrong=sum(scores[index] == 0.0 for index in there),
        )
        missing = [index for index in range(len(scores)) if index not in there]
        round_of = missing[: rule.wanted(tally)]
        if not round_of:
            break
        asked += 1
        lost = data.draw(st.sets(st.sampled_from(round_of))) if asked < 20 else set()  # a crash loses some
        there |= set(round_of) - lost
    enough = next(
        (
            length
            for length in range(len(scores) + 1)
            if scores[:length].count(1.0) >= right and scores[:length].count(0.0) >= wrong
        ),
        len(scores),
    )
    assert there == set(range(enough))


def test_until_correct_stops_each_problem_at_its_kth_right_completion(
    tmp_path: Path, recording: Path
) -> None:
    progress = harvest(recording, tmp_path / "run", stop=stopping_rule(2, until_pair=False))
    for members in scores_of(tmp_path / "run").values():
        assert [index for index, _ in members] == list(range(len(members)))
        right = [score for _, score in members].count(1.0)
        assert right == 2 or (right < 2 and len(members) == N)
        assert right < 2 or members[-1][1] == 1.0
    assert progress.completions + progress.spared == progress.planned == 30 * N


def test_until_pair_stops_at_one_right_and_one_wrong(tmp_path: Path, recording: Path) -> None:
    harvest(recording, tmp_path / "run", stop=stopping_rule(None, until_pair=True))
    for members in scores_of(tmp_path / "run").values():
        scores = [score for _, score in members]
        assert {0.0, 1.0} <= set(scores) or len(members) == N
        assert len(set(scores[:-1])) <= 1


def test_a_call_that_a_budget_interrupts_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, recording: Path
) -> None:
    rule = stopping_rule(2, until_pair=True)
    harvest(recording, tmp_path / "whole", stop=rule)
    for most in (7, 20, 55):
        progress = harvest(
            recording, tmp_path / "pieces", stop=rule, concurrency=1, budget=Budget(completions=most)
        )
        assert progress.before + progress.completions == most
        assert progress.stopped_by == f"{most} completions"
    assert harvest(recording, tmp_path / "pieces", stop=rule).stopped_by is None
    assert scores_of(tmp_path / "pieces") == scores_of(tmp_path / "whole")


def test_nothing_is_sampled_again_when_all_have_enough(tmp_path: Path, recording: Path) -> None:
    rule = stopping_rule(1, until_pair=False)
    first = harvest(recording, tmp_path / "run", stop=rule)
    again = harvest(recording, tmp_path / "run", stop=rule)
    assert (again.before, again.completions, again.spared) == (first.completions, 0, first.spared)


def test_completions_never_exceed_their_budget(tmp_path: Path, recording: Path) -> None:
    progress = harvest(recording, tmp_path / "run", budget=Budget(completions=13))
    assert (progress.completions, progress.stopped_by) == (13, "13 completions")
    assert harvest(recording, tmp_path / "run", budget=Budget(completions=13)).completions == 0
    assert harvest(recording, tmp_path / "run").completions == 30 * N - 13


def test_tokens_and_money_count_the_whole_run(tmp_path: Path, recording: Path) -> None:
    prices = Prices(prompt=1e6, completion=1e6)  # 15 a completion
    first = harvest(recording, tmp_path / "run", concurrency=1, budget=Budget(tokens=300, prices=prices))
    assert first.completions == 32  # the problem that was in flight ended
    assert first.cost == 15 * first.completions
    second = harvest(
        recording,
        tmp_path / "run",
        concurrency=1,
        budget=Budget(cost=15.0 * first.completions, prices=prices),
    )
    assert (second.completions, second.stopped_by) == (0, "a cost of 480.00")


def test_time_that_is_over_stops_a_call_and_loses_nothing(tmp_path: Path, recording: Path) -> None:
    progress = harvest(recording, tmp_path / "run", budget=Budget(seconds=1e-9))
    assert progress.completions == 0
    assert progress.stopped_by is not None
    assert harvest(recording, tmp_path / "run").completions == 30 * N


class _EndlessSampler:
    """Answers the first problem at once and the others never."""

    model = "model"
    model_revision: str | None = "sha256:1"
    sampling = Sampling()
    settings: Mapping[str, Any] = {}
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.asked = 0

    async def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        self.asked += 1
        if self.asked > 1:
            await asyncio.Event().wait()
        yield Sample(
            problem_id=request.problem_id,
            sample_index=request.sample_indices[0],
            text="\\boxed{1}",
            finish_reason="stop",
        )

    async def aclose(self) -> None:
        pass


def test_what_is_in_flight_past_its_grace_is_cancelled_and_the_rest_kept(tmp_path: Path) -> None:
    environment = make_environment("genesys/math-v0", problems=PROBLEMS)
    settings = CollectSettings(concurrency=4, verify=False, budget=Budget(seconds=0.5, grace=0.1))
    with RunFolder(tmp_path / "run", make_identity()) as run:
        progress = asyncio.run(Collector(environment, _EndlessSampler(), run, settings).collect())
    assert (progress.completions, progress.failed) == (1, 0)
    assert progress.stopped_by is not None


def test_a_budget_that_suffices_stops_nothing(tmp_path: Path, recording: Path) -> None:
    assert harvest(recording, tmp_path / "run", budget=Budget(completions=30 * N)).stopped_by is None


@pytest.mark.parametrize("wrong", [{"completions": 0}, {"seconds": -1}, {"cost": 5}])
def test_a_budget_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        Budget(**wrong)  # type: ignore[arg-type]  # what the command line may pass


def test_stopping_by_verdicts_needs_verdicts() -> None:
    with pytest.raises(ConfigurationError, match="--no-verify"):
        CollectSettings(verify=False, stop=stopping_rule(1, until_pair=False))
