"""The contract tests that others import: they pass what keeps the contract and name what breaks it."""

from __future__ import annotations

import gymnasium
import pytest
from judge_fixture import loopback_judge  # noqa: F401  # a fixture
from odd_verifiers import AsyncVerifier, OddVerifier

from genesys.environments import ENVIRONMENTS
from genesys.rewards import VERIFIERS, verifier_spec
from genesys.schema import Problem
from genesys.testing import check_environment, check_verifier


def problem(task_type: str) -> Problem:
    return Problem(
        problem_id="p", source="t", task_type=task_type, prompt="?", verification_info={"ground_truth": "42"}
    )


@pytest.mark.usefixtures("loopback_judge")
@pytest.mark.parametrize("env_id", sorted(ENVIRONMENTS))
def test_every_registered_environment_keeps_the_contract(env_id: str) -> None:
    check_environment(env_id)


def test_every_id_is_registered_with_a_vector_entry_point() -> None:
    assert all(gymnasium.spec(env_id).vector_entry_point for env_id in ENVIRONMENTS)


WRONG = ["\\boxed{41}", "<think>\\boxed{42}"]


@pytest.mark.parametrize(
    ("name", "task_type", "wrong"),
    [
        ("math", "verifiable_math", [*WRONG, "42"]),
        ("math-verify", "verifiable_math", WRONG),  # the plain library reads an answer without a box, too
        ("output", "code_output_prediction", [*WRONG, "42"]),
    ],
)
def test_every_verifier_keeps_the_contract(name: str, task_type: str, wrong: list[str]) -> None:
    right = ["\\boxed{42}", "<think>.</think>\\boxed{42}"]
    check_verifier(verifier_spec(name).build(), problem(task_type), right=right, wrong=wrong)


def test_the_list_above_is_complete() -> None:
    elsewhere = {"code", "judge", "dual-math"}  # tests/rewards/coding, tests/rewards/judging
    assert set(VERIFIERS) == {"math", "math-verify", "output"} | elsewhere


def test_a_verifier_that_raises_is_caught() -> None:
    with pytest.raises(AssertionError, match="RuntimeError: a defect"):
        check_verifier(OddVerifier(), problem("odd"), right=["raise"])


def test_a_verifier_that_pays_for_nothing_is_caught() -> None:
    with pytest.raises(AssertionError, match="hostile"):
        check_verifier(AsyncVerifier(), problem("odd"), right=[])


def test_a_wrong_answer_that_is_paid_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"a wrong answer earns 1\.0"):
        check_verifier(OddVerifier(), problem("odd"), right=["42"], wrong=["nap 0"])
