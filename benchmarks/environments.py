"""Environment steps a second, single and in a batch, against a Gymnasium environment that does nothing.

    python benchmarks/environments.py

The answers are right golds and wrong numbers in turns. The floor is an environment of the same spaces whose
reward is constant: what is left is the verifier and the serving of problems.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import gymnasium

import genesys  # noqa: F401  # registers the environments
from genesys.environments import ENVIRONMENTS, JUDGED
from genesys.envs.spaces import TextSpace
from genesys.rewards.gold import gold_answer


class NoOp(gymnasium.Env[str, str]):
    """Asks nothing and pays nothing."""

    def __init__(self) -> None:
        self.observation_space = TextSpace()
        self.action_space = TextSpace()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Serves an empty text."""
        super().reset(seed=seed)
        return "", {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Pays nothing."""
        return "", 0.0, True, False, {}


def single(env: gymnasium.Env[str, str], steps: int) -> float:
    """CPU microseconds a reset and step."""
    inner: Any = env.unwrapped
    problems = list(getattr(inner, "problems", []))[:200]
    answers = [gold_answer(problem) or "" for problem in problems] or [""]
    env.reset(seed=0)
    began = time.process_time()
    for step in range(steps):
        env.reset(options={"problem_id": problems[step % len(problems)].problem_id} if problems else None)
        env.step(answers[step % len(answers)] if step % 2 else "\\boxed{123456}")
    return 1e6 * (time.process_time() - began) / steps


def batched(env_id: str, steps: int, size: int) -> float:
    """CPU microseconds an action of a vector environment."""
    envs = gymnasium.make_vec(env_id, num_envs=size)
    envs.reset(seed=0)
    began = time.process_time()
    for step in range(steps // size):
        envs.step([f"\\boxed{{{step}}}"] * size)
    return 1e6 * (time.process_time() - began) / (steps // size * size)


def main() -> None:
    """Measures every environment and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=64)
    arguments = parser.parse_args()
    floor = single(NoOp(), arguments.steps)
    figures: dict[str, dict[str, float]] = {"no-op": {"cpu_microseconds": round(floor, 1)}}
    for env_id in sorted(ENVIRONMENTS.keys() - JUDGED):  # what a judge takes is measured by judge_load.py
        one = single(gymnasium.make(env_id, disable_env_checker=True), arguments.steps)
        many = batched(env_id, arguments.steps, arguments.batch)
        figures[env_id] = {
            "cpu_microseconds": round(one, 1),
            "steps_per_cpu_second": round(1e6 / one),
            "batched_cpu_microseconds": round(many, 1),
            "batched_steps_per_cpu_second": round(1e6 / many),
        }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
