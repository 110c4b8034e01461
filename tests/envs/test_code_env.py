"""The environment of programming problems."""

from __future__ import annotations

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

import genesys  # noqa: F401  (registers the environments)
from genesys.envs.sources import open_problems
from genesys.rewards import verify
from genesys.rewards.gold import near_miss
from genesys.schema import Problem

PROBLEMS = list(open_problems("code-problems"))


def test_the_environment_keeps_gymnasium_s_contract() -> None:
    check_env(gym.make("genesys/code-v0").unwrapped, skip_render_check=True)


def test_a_gold_earns_one() -> None:
    env = gym.make("genesys/code-v0")
    _, info = env.reset(seed=3, options={"problem_id": "code-brackets-cpp"})
    assert info["task_type"] == "verifiable_code"
    gold = next(
        problem for problem in PROBLEMS if problem.problem_id == "code-brackets-cpp"
    ).gold_standard_solution
    _, reward, terminated, truncated, info = env.step(gold)
    assert (reward, terminated, truncated, info["verifier"]) == (1.0, True, False, "code@1")


def test_a_dozen_tasks_in_four_languages() -> None:
    assert len({problem.in_source_id for problem in PROBLEMS}) == 12
    assert len(PROBLEMS) == len({problem.problem_id for problem in PROBLEMS}) == 48


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.problem_id)
def test_every_gold_passes_and_its_wrong_solution_does_not(problem: Problem) -> None:
    gold, wrong = problem.gold_standard_solution, near_miss(problem)
    assert gold is not None
    assert wrong is not None
    verdict = verify(problem, gold)
    assert verdict.score == 1.0, verdict
    other = verify(problem, wrong)
    assert other.score is not None
    assert other.score < 1.0
