"""The environment ids, registered with Gymnasium as strings: importing genesys imports no environment."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

import gymnasium

ENVIRONMENTS = {
    "genesys/math-v0": ("genesys.envs.math_env:MathEnv", "genesys.envs.math_env:MathVectorEnv", "math@1"),
    "genesys/output-prediction-v0": (
        "genesys.envs.output_env:OutputPredictionEnv",
        "genesys.envs.output_env:OutputPredictionVectorEnv",
        "output@1",
    ),
    "genesys/code-v0": ("genesys.envs.code_env:CodeEnv", "genesys.envs.code_env:CodeVectorEnv", "code@1"),
    "genesys/swe-v0": ("genesys.envs.swe_env:SweEnv", "genesys.envs.swe_env:SweVectorEnv", "judge@1"),
    "genesys/stem-v0": ("genesys.envs.stem_env:StemEnv", "genesys.envs.stem_env:StemVectorEnv", "judge@1"),
}
"""Environment id -> environment, vector environment, and the verifier that is its reward.

The id's version is its interface; the reward's version is the verifier's, and stands in `env.spec.kwargs`.
"""

JUDGED = frozenset(("genesys/swe-v0", "genesys/stem-v0"))
"""The environments whose reward is a judge's: registered as nondeterministic, and without a score where no judge is
configured."""

GROUP = "genesys.environments"
"""Entry points of this group name modules of other packages that register environments when imported."""


def register_environments() -> None:
    """Registers every built-in id; a second call changes nothing."""
    for env_id, (single, vector, verifier) in ENVIRONMENTS.items():
        if env_id not in gymnasium.registry:
            gymnasium.register(
                id=env_id,
                entry_point=single,
                vector_entry_point=vector,
                nondeterministic=env_id in JUDGED,
                kwargs={"verifier": verifier},
            )


def load_installed_environments() -> None:
    """Imports the modules through which other packages register their environments."""
    for point in entry_points(group=GROUP):
        import_module(point.value.partition(":")[0])
