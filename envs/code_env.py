r"""`genesys/code-v0`: write a program that passes the tests.

    env = gym.make("genesys/code-v0")                                  # a dozen tasks in four languages
    env = gym.make("genesys/code-v0", problems="verifiable-coding-problems.parquet")

The action is a completion; its program is the last fenced block of the asked language, and the reward is
the share of tests that the program passes in the sandbox.
"""

from __future__ import annotations

from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.vector import SingleTurnVectorEnv


class CodeEnv(SingleTurnEnv):
    """One programming problem; the reward is the share of its tests that are passed."""

    task_type = "verifiable_code"
    default_problems = "code-problems"


class CodeVectorEnv(SingleTurnVectorEnv):
    """Many programming problems at a time, verified together on all cores."""

    environment = CodeEnv
