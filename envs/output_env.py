r"""`genesys/output-prediction-v0`: what does this program print?

    env = gym.make("genesys/output-prediction-v0", level=3)             # of "string-programs", the default
    env = gym.make("genesys/output-prediction-v0", problems="synthetic-code-understanding.parquet")

Prompts say themselves where they want the answer, so the default template leaves them as they are.
"""

from __future__ import annotations

from genesys.envs.single_turn import SingleTurnEnv
from genesys.envs.vector import SingleTurnVectorEnv


class OutputPredictionEnv(SingleTurnEnv):
    """One program; the reward is 1.0 for exactly what it prints."""

    task_type = "code_output_prediction"
    default_problems = "string-programs"


class OutputPredictionVectorEnv(SingleTurnVectorEnv):
    """Many programs at a time, verified together."""

    environment = OutputPredictionEnv
