"""The contract of environments as a test."""

from __future__ import annotations

import warnings
from itertools import islice
from typing import Any

import gymnasium
from gymnasium.utils.env_checker import check_env

from genesys.rewards import grader
from genesys.rewards.gold import gold_answer, near_miss

STEP_KEYS = {
    "problem_id": str,
    "task_type": str,
    "scorable": bool,
    "cause": str,
    "verifier": str,
    "verdict_info": str,
}
"""What the info of every step holds, and of which type."""


def check_environment(env_id: str, *, golds: int = 20, **kwargs: Any) -> None:
    """Holds a registered environment to Gymnasium's contract and to ours.

    Gymnasium's `check_env` runs with warnings as errors; problems are served by id and in a deterministic
    order; the info of a step has the same keys and types whatever the verdict; the first golds earn 1.0,
    and an empty and a nearly right answer less.

    Args:
        env_id: Its id.
        golds: How many problems' golds to try.
        **kwargs: For `gymnasium.make`.

    Raises:
        AssertionError: Naming what is broken.
    """
    env = gymnasium.make(env_id, **kwargs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check=env.render_mode is None)
    inner: Any = env.unwrapped
    problems = list(islice(inner.problems, golds))
    _expect(problems == list(islice(inner.problems, golds)), "the problems' order changes")
    for problem in problems:
        _check_problem(env, problem)
    env.close()


def _check_problem(env: gymnasium.Env[str, str], problem: Any) -> None:
    inner: Any = env.unwrapped
    messages = inner.messages(problem)
    _expect(all(set(turn) == {"role", "content"} for turn in messages), f"{problem.problem_id}: odd messages")
    reason = grader().check_gold(problem, verifier=inner.verifier_spec)
    _expect(reason is None, f"{problem.problem_id}: bad gold: {reason}")
    gold, near = gold_answer(problem), near_miss(problem)
    _expect(gold is not None, f"{problem.problem_id}: no gold")
    _expect(
        _reward(env, problem.problem_id, gold or "") == 1.0,
        f"{problem.problem_id}: the gold earns less than 1",
    )
    _expect(
        _reward(env, problem.problem_id, "") == 0.0, f"{problem.problem_id}: an empty answer earns something"
    )
    if near is not None:
        _expect(_reward(env, problem.problem_id, near) < 1.0, f"{problem.problem_id}: {near!r} earns 1")


def _reward(env: gymnasium.Env[str, str], problem_id: str, action: str) -> float:
    _, info = env.reset(options={"problem_id": problem_id})
    _expect(info["problem_id"] == problem_id, f"reset serves {info['problem_id']} for {problem_id}")
    _, reward, terminated, truncated, info = env.step(action)
    _expect((terminated, truncated) == (True, False), "a single turn must end terminated and not truncated")
    types = {name: type(value) for name, value in info.items() if name in STEP_KEYS}
    _expect(types == STEP_KEYS, f"the info of a step has {types}, not {STEP_KEYS}")
    return float(reward)


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
