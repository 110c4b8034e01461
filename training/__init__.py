"""Training with the same rewards: TRL's trainers, driven by the verifiers that filtered the data.

    from genesys.training import prompt_dataset, reward

    trainer = GRPOTrainer(model, reward_funcs=reward(), train_dataset=prompt_dataset("genesys/math-v0"))

Names are loaded when they are first used: importing this package loads neither torch nor datasets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genesys.training.checks.finding import Finding as Finding
    from genesys.training.checks.finding import PreflightFailed as PreflightFailed
    from genesys.training.checks.finding import stop_on as stop_on
    from genesys.training.checks.preflight import preflight as preflight
    from genesys.training.completion_text import opened_by as opened_by
    from genesys.training.curated_data import preference_dataset as preference_dataset
    from genesys.training.curated_data import sft_dataset as sft_dataset
    from genesys.training.prompt_data import prompt_dataset as prompt_dataset
    from genesys.training.prompt_data import prompt_stream as prompt_stream
    from genesys.training.verified_reward import VerifiedReward as VerifiedReward
    from genesys.training.verified_reward import reward as reward

_HOMES = {
    "Finding": "checks.finding",
    "PreflightFailed": "checks.finding",
    "preflight": "checks.preflight",
    "stop_on": "checks.finding",
    "VerifiedReward": "verified_reward",
    "opened_by": "completion_text",
    "preference_dataset": "curated_data",
    "prompt_dataset": "prompt_data",
    "prompt_stream": "prompt_data",
    "reward": "verified_reward",
    "sft_dataset": "curated_data",
}
"""Public name -> the module that holds it."""

__all__ = sorted(_HOMES)  # noqa: PLE0605  # one list, and it is the table


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
