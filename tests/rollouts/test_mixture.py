"""Mixtures: weights all along, one order, and every problem once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.envs.sources import open_problems
from genesys.envs.sources.listed import ListedProblems
from genesys.errors import ConfigurationError, Conflict, RunMismatch, UnknownName
from genesys.rollouts.budgets import Budget
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.mixture import MIXTURE, MixedProblems, read_mixture
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Problem, Sampling

SYNTHETIC_1 = (0.5, 0.3, 0.1, 0.05, 0.05)


def _problems(name: str, count: int, prompt: str = "?") -> ListedProblems:
    made = [
        Problem(
            problem_id=f"{name}-{number}",
            source=name,
            task_type="verifiable_math",
            prompt=prompt,
            verification_info={"ground_truth": "1"},
        )
        for number in range(count)
    ]
    return ListedProblems(name, "1", tuple(made))


def _mixed(counts: list[int], weights: list[float], seed: int = 0, **more: Any) -> MixedProblems:
    names = [f"s{place}" for place in range(len(counts))]
    sources = [_problems(name, count) for name, count in zip(names, counts, strict=True)]
    return MixedProblems(names, sources, weights, identity="x", seed=seed, **more)


@pytest.mark.parametrize("seed", range(4))
def test_every_beginning_holds_the_weights(seed: int) -> None:
    mixed = _mixed([2000] * 5, list(SYNTHETIC_1), seed)
    seen: Counter[str] = Counter()
    for count, problem in enumerate(islice(mixed, 1000), 1):
        seen[problem.source] += 1
        for place, weight in enumerate(SYNTHETIC_1):
            assert abs(seen[f"s{place}"] - weight * count) <= 2


@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(0.01, 10)), min_size=1, max_size=5), st.integers(0, 99)
)
def test_every_problem_comes_once_and_in_its_sources_order(
    sources: list[tuple[int, float]], seed: int
) -> None:
    counts, weights = [count for count, _ in sources], [weight for _, weight in sources]
    served = list(_mixed(counts, weights, seed))
    assert len({problem.problem_id for problem in served}) == len(served) == sum(counts)
    for place, count in enumerate(counts):
        own = [problem.problem_id for problem in served if problem.source == f"s{place}"]
        assert own == [f"s{place}-{number}" for number in range(count)]
    assert [one.problem_id for one in _mixed(counts, weights, seed)] == [one.problem_id for one in served]


def test_a_source_that_is_exhausted_is_named_and_the_others_go_on() -> None:
    gone: list[tuple[str, int]] = []
    mixed = _mixed(
        [5, 50, 50], [0.5, 0.25, 0.25], on_exhausted=lambda name, served: gone.append((name, served))
    )
    served = [problem.source for problem in mixed]
    assert gone[0] == ("s0", 5)
    rest = Counter(served[12:52])
    assert abs(rest["s1"] - rest["s2"]) <= 2


def test_one_problem_in_two_sources_comes_once_and_two_problems_of_one_id_are_a_conflict() -> None:
    twice = MixedProblems(["a", "b"], [_problems("p", 3), _problems("p", 5)], [1, 1], identity="x", seed=0)
    assert sorted(problem.problem_id for problem in twice) == [f"p-{number}" for number in range(5)]
    other = MixedProblems(
        ["a", "b"], [_problems("p", 3), _problems("p", 3, "other")], [1, 1], identity="x", seed=0
    )
    with pytest.raises(Conflict, match="one thing in"):
        list(other)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", ConfigurationError, "names no sources"),
        ("[[source]]\nweight = 1", ConfigurationError, "names no env"),
        ('[[source]]\nenv = "e"\nweight = 0', ConfigurationError, "weight 0"),
        ('[[source]]\nenv = "e"\nwieght = 1', UnknownName, "weight"),
        ("[[source]", ConfigurationError, "cannot read"),
    ],
)
def test_a_file_that_is_no_mixture_is_refused(
    tmp_path: Path, text: str, error: type[Exception], says: str
) -> None:
    (tmp_path / "mix.toml").write_text(text)
    with pytest.raises(error, match=says):
        read_mixture(tmp_path / "mix.toml")


MIX = """
[[source]]
env = "genesys/math-v0"
problems = "arithmetic:level=1,seed=0,size=60"
weight = 0.75

[[source]]
env = "genesys/output-prediction-v0"
problems = "string-programs:level=1,seed=0,size=20"
weight = 0.25
template = "plain"
"""


@pytest.fixture
def harvest(tmp_path: Path) -> Callable[..., Harvest]:
    """A harvest of a mixture of two task types, from a recording in which every answer is right."""
    (tmp_path / "mix.toml").write_text(MIX)
    sources = read_mixture(tmp_path / "mix.toml")
    with (tmp_path / "recording.jsonl").open("w") as file:
        for source in sources:
            for problem in open_problems(source.problems or ""):
                answer = f"\\boxed{{{problem.verification_info['ground_truth']}}}"
                file.write(json.dumps({"problem_id": problem.problem_id, "llm_response": answer}) + "\n")

    def make(seed: int = 0, **settings: Any) -> Harvest:
        return Harvest(
            env_id=MIXTURE,
            mixture=sources,
            sampler=SamplerSettings(
                name="recording", model=str(tmp_path / "recording.jsonl"), sampling=Sampling()
            ),
            seed=seed,
            settings=CollectSettings(**settings),
            progress=Progress(),
        )

    return make


def test_a_run_of_several_task_types_verifies_each_by_its_own(
    tmp_path: Path, harvest: Callable[..., Harvest]
) -> None:
    progress = asyncio.run(harvest().run(tmp_path / "run"))
    assert (progress.completions, progress.passed) == (80, 80)
    run = RunReader(tmp_path / "run")
    assert {key.partition("@")[0] for key in run.verifier_keys()} == {"math", "output"}
    templates = Counter(run.table("completions", ["template"]).column(0).to_pylist())
    assert templates == {"boxed@1": 60, "plain@1": 20}
    assert progress.exhausted == [] or len(progress.exhausted) == 1


def test_a_mixture_that_a_budget_ended_has_its_weights_and_goes_on_to_the_same_run(
    tmp_path: Path, harvest: Callable[..., Harvest]
) -> None:
    asyncio.run(harvest(budget=Budget(completions=40)).run(tmp_path / "run"))
    kinds = Counter(RunReader(tmp_path / "run").table("problems", ["task_type"]).column(0).to_pylist())
    assert abs(kinds["verifiable_math"] - 30) <= 1
    progress = asyncio.run(harvest().run(tmp_path / "run"))
    assert (progress.before, progress.completions) == (40, 40)


def test_another_mixture_is_another_run(tmp_path: Path, harvest: Callable[..., Harvest]) -> None:
    asyncio.run(harvest(limit=4).run(tmp_path / "run"))
    made = harvest()
    object.__setattr__(made, "mixture", made.mixture[:1])
    with pytest.raises(RunMismatch, match="source"):
        asyncio.run(made.run(tmp_path / "run"))
