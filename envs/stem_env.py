r"""`genesys/stem-v0`: answer an open question of science or mathematics, judged against a good answer.

    env = gym.make("genesys/stem-v0")                                  # twelve questions
    env = gym.make("genesys/stem-v0", problems="stackexchange-question-answering.parquet")

The action is a completion; the reward is what a judge says of its answer (`docs/rewards/judge.md`). Where no judge is
configured, verdicts are `judge_unconfigured`: no score.
"""

from __future__ import annotations

from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.vector import SingleTurnVectorEnv


class StemEnv(SingleTurnEnv):
    """One open question; the reward is how near a judge finds the answer to the reference."""

    task_type = "llm_judgeable_groundtruth_similarity"
    default_problems = "stem-problems"


class StemVectorEnv(SingleTurnVectorEnv):
    """Many open questions at a time, judged together."""

    environment = StemEnv
