r"""`genesys/math-v0`: mathematics with a verifiable answer.

    env = gym.make("genesys/math-v0", problems="algebra", level=3)      # or "arithmetic", the default
    env = gym.make("genesys/math-v0", problems="verifiable-math-problems.parquet")
    env = gym.make("genesys/math-v0", problems="gsm8k.jsonl.gz", template="plain")

Real problems come as files in the common schema, such as those of PrimeIntellect's
verifiable-math-problems. The default template asks for the answer in \boxed{}.
"""

from __future__ import annotations

from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.vector import SingleTurnVectorEnv


class MathEnv(SingleTurnEnv):
    """One mathematical problem; the reward is 1.0 for an answer that equals the gold."""

    task_type = "verifiable_math"
    default_problems = "arithmetic"
    default_template = "boxed"


class MathVectorEnv(SingleTurnVectorEnv):
    """Many mathematical problems at a time, verified together."""

    environment = MathEnv
