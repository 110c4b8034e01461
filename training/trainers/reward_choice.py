"""The reward functions that a configuration asks for.

rewards = ["format", { reward = "overlong", cache = 512, weight = 0.5 }]
combine = "sum"          # or "gate": shaping pays only where the answer is right
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from genesys.errors import ConfigurationError, UnknownName
from genesys.training.shaping import (
    CosineLength,
    Format,
    LanguageConsistency,
    Looping,
    NGramRepetition,
    SoftOverlong,
    gated,
)

Reward = Callable[..., list[float | None]]

_SHAPING: dict[str, type[Any]] = {
    shape.name: shape
    for shape in (CosineLength, Format, LanguageConsistency, Looping, NGramRepetition, SoftOverlong)
}
"""The name in a configuration and in the trainer's log -> what it makes."""


def reward_functions(
    verified: Any,
    chosen: Sequence[Mapping[str, Any]],
    *,
    combine: str,
    limit: int,
    weights: Sequence[float] | None,
) -> tuple[tuple[Reward, ...], list[float] | None]:
    """The functions for TRL, the verifier's first, and their weights.

    Args:
        verified: The verifier's reward.
        chosen: One table a shaping reward: `reward`, maybe `weight`, and its own fields.
        combine: "sum" or "gate".
        limit: Tokens of a completion at most.
        weights: TRL's `reward_weights`, where given; else they come of the tables.

    Raises:
        UnknownName: If there is no such reward or field.
        ConfigurationError: If a value makes no sense, or weights are given twice.
    """
    parts = [_part(table, verified, limit) for table in chosen]
    if combine == "gate" and parts:
        if weights is not None:
            raise ConfigurationError(
                "reward_weights does not go with combine='gate': there is one reward then",
                "Give each shaping reward its own weight.",
            )
        return (gated(verified, *parts),), None
    own = any("weight" in table for table in chosen)
    if own and weights is not None:
        raise ConfigurationError(
            "weights are given twice", "Leave reward_weights out, or the tables' weight."
        )
    functions = _functions(verified, parts)
    if own:
        return functions, _weights(parts)
    return functions, None if weights is None else list(weights)


def _functions(verified: Any, parts: Sequence[tuple[Reward, float]]) -> tuple[Reward, ...]:
    """The cosine's is the correctness itself, and takes its place."""
    shaping = [part for part, _ in parts]
    first: list[Reward] = [part for part in shaping if isinstance(part, CosineLength)]
    return (*(first or [verified]), *(part for part in shaping if not isinstance(part, CosineLength)))


def _weights(parts: Sequence[tuple[Reward, float]]) -> list[float]:
    cosine = [weight for part, weight in parts if isinstance(part, CosineLength)]
    return [*(cosine or [1.0]), *(weight for part, weight in parts if not isinstance(part, CosineLength))]


def _part(table: Mapping[str, Any], verified: Any, limit: int) -> tuple[Reward, float]:
    options = dict(table)
    name, weight = str(options.pop("reward", "")), options.pop("weight", 1.0)
    if name not in _SHAPING:
        raise UnknownName.of("shaping reward", name, _SHAPING)
    known = {entry.name for entry in fields(_SHAPING[name]) if entry.init}
    for option in options:
        if option not in known:
            raise UnknownName.of(f"field of shaping reward {name!r}", option, known)
    preset = {"correctness": verified, "limit": limit, "cache": max(1, limit // 4), "opened": verified.opened}
    filled = {key: value for key, value in preset.items() if key in known} | options
    try:
        return _SHAPING[name](**filled), float(weight)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"shaping reward {name!r} does not take {options}: {error}") from None
