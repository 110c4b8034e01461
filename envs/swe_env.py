r"""`genesys/swe-v0`: change a file as a request asks, judged against the file after the real change.

    env = gym.make("genesys/swe-v0")                                   # eight changes in four languages
    env = gym.make("genesys/swe-v0", problems="real-world-swe-problems.parquet")

The action is a completion with the whole new file; the reward is what a judge says of it (`docs/rewards/judge.md`).
Where no judge is configured, verdicts are `judge_unconfigured`: no score.
"""

from __future__ import annotations

from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.vector import SingleTurnVectorEnv


class SweEnv(SingleTurnEnv):
    """One request to change a file; the reward is how far a judge finds the change made."""

    task_type = "llm_judgeable_groundtruth_similarity"
    default_problems = "swe-problems"


class SweVectorEnv(SingleTurnVectorEnv):
    """Many requests at a time, judged together."""

    environment = SweEnv
