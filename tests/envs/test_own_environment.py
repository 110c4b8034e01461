"""An environment of somebody else's package, as the documentation describes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest

from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.vector import SingleTurnVectorEnv
from genesys.errors import UnknownName
from genesys.rewards import verifier_spec
from genesys.schema import Problem
from genesys.testing import check_environment

ENV_ID = "tests/shouting-v0"


class ShoutingEnv(SingleTurnEnv):
    task_type = "shouting"
    default_problems = "string-programs"


class ShoutingVectorEnv(SingleTurnVectorEnv):
    environment = ShoutingEnv


class Shouts:
    """A source of somebody's own: no base class, only the protocol."""

    identity = "shouts@1"
    skipped = 0

    def __init__(self) -> None:
        self._problems = [
            Problem(
                problem_id=f"shout-{word}",
                source="shouts",
                task_type="shouting",
                prompt=f"Shout {word!r} into a box.",
                verification_info={"ground_truth": word.upper()},
                gold_standard_solution=f"\\boxed{{{word.upper()}}}",
                metadata={"answer_format": "boxed"},
            )
            for word in ("hello", "there", "world")
        ]

    def __len__(self) -> int:
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def __getitem__(self, index: int) -> Problem:
        return self._problems[index]

    def by_id(self, problem_id: str) -> Problem:
        return {problem.problem_id: problem for problem in self._problems}[problem_id]


@pytest.fixture
def registered() -> Iterator[None]:
    gymnasium.register(
        ENV_ID,
        entry_point=lambda **kwargs: ShoutingEnv(**kwargs),
        vector_entry_point=lambda **kwargs: ShoutingVectorEnv(**kwargs),
        kwargs={"verifier": "output@1"},
    )
    yield
    del gymnasium.registry[ENV_ID]


@pytest.mark.usefixtures("registered")
def test_a_task_type_of_ones_own_is_three_words_and_a_verifier() -> None:
    check_environment(ENV_ID, problems=Shouts())
    envs = gymnasium.make_vec(ENV_ID, num_envs=3, problems=Shouts())
    _, infos = envs.reset(seed=1)
    actions = [f"\\boxed{{{name.removeprefix('shout-').upper()}}}" for name in infos["problem_id"]]
    assert envs.step(actions)[1].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.usefixtures("registered")
def test_it_reads_files_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "shouts.jsonl"
    path.write_text("".join(json.dumps(problem.to_row()) + "\n" for problem in Shouts()))
    env = gymnasium.make(ENV_ID, problems=str(path))
    env.reset(options={"problem_id": "shout-world"})
    assert env.step("\\boxed{WORLD}")[1] == 1.0
    assert env.spec is not None
    assert env.spec.kwargs == {"verifier": "output@1", "problems": str(path)}


def test_without_a_verifier_a_new_task_type_has_no_reward() -> None:
    with pytest.raises(UnknownName, match="shouting"):
        ShoutingEnv(problems=Shouts())
    assert ShoutingEnv(problems=Shouts(), verifier="output").verifier_spec == verifier_spec("output")
