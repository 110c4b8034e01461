"""Several rewards as one: a weighted sum, or shaping that pays only where the answer is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from genesys.errors import ConfigurationError
from genesys.training.watching import Correctness

Reward = Callable[..., list[float | None]]
"""What TRL calls: a batch of completions -> their rewards."""

Part = tuple[Reward, float]


@dataclass(frozen=True, kw_only=True)
class WeightedSum:
    """The sum of rewards, each times its weight; None where any of them is.

    TRL itself sums what is not None, so that an unscorable completion would still earn its form.

    Attributes:
        parts: Rewards with their weights.
        name: Its name in the trainer's log.
    """

    parts: tuple[Part, ...]
    name: str = "weighted"

    def __post_init__(self) -> None:
        _check_parts(self.parts)

    @property
    def __name__(self) -> str:
        """What TRL logs it under."""
        return self.name

    @property
    def range(self) -> tuple[float, float]:
        """The least and the most it gives."""
        return _range_of(self.parts)

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Scores a batch."""
        return _sums(self.parts, prompts, completions, columns)


@dataclass(frozen=True, kw_only=True)
class Gated:
    """The correctness, and shaping on top of it only where it passes.

    A wrong answer earns its correctness and nothing for its form, so that form cannot be learned in the
    place of being right.

    Attributes:
        correctness: Says what is right; made by `genesys.training.reward`.
        parts: The shaping rewards with their weights.
        pass_at: The least correctness at which they pay.
        name: Its name in the trainer's log.
    """

    correctness: Correctness
    parts: tuple[Part, ...]
    pass_at: float = 1.0
    name: str = "gated"

    def __post_init__(self) -> None:
        _check_parts(self.parts)

    @property
    def __name__(self) -> str:
        """What TRL logs it under."""
        return self.name

    @property
    def range(self) -> tuple[float, float]:
        """The least and the most it gives."""
        low, high = _range_of(self.parts)
        return min(0.0, self.pass_at + low), 1.0 + max(0.0, high)

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Scores a batch; None where the correctness is, or where it passes and a shaping reward is."""
        scores = self.correctness(prompts, completions, **columns)
        forms = _sums(self.parts, prompts, completions, columns)
        return [self._value(score, form) for score, form in zip(scores, forms, strict=True)]

    def _value(self, score: float | None, form: float | None) -> float | None:
        if score is None or score < self.pass_at:
            return score
        return None if form is None else score + form


def weighted(*parts: Part, name: str = "weighted") -> WeightedSum:
    """The sum of rewards, each times its weight.

    Args:
        parts: Pairs of a reward and its weight: `weighted((reward(), 1.0), (Format(), 0.1))`.
        name: Its name in the trainer's log.

    Raises:
        ConfigurationError: If there is none, or one is no such pair.
    """
    return WeightedSum(parts=parts, name=name)


def gated(correctness: Correctness, *parts: Part, pass_at: float = 1.0, name: str = "gated") -> Gated:
    """Correctness, with shaping rewards that pay only where it passes.

    Args:
        correctness: `genesys.training.reward(...)`.
        parts: Pairs of a shaping reward and its weight.
        pass_at: The least correctness at which they pay.
        name: Its name in the trainer's log.

    Raises:
        ConfigurationError: If there is no shaping reward, or one is no such pair.
    """
    return Gated(correctness=correctness, parts=parts, pass_at=pass_at, name=name)


def _sums(
    parts: Sequence[Part], prompts: Sequence[Any], completions: Sequence[Any], columns: dict[str, Any]
) -> list[float | None]:
    batches = [part(prompts=prompts, completions=completions, **columns) for part, _ in parts]
    weights = [weight for _, weight in parts]
    return [
        None
        if any(value is None for value in values)
        else sum(weight * (value or 0.0) for weight, value in zip(weights, values, strict=True))
        for values in zip(*batches, strict=True)
    ]


def _range_of(parts: Sequence[Part]) -> tuple[float, float]:
    """The range of a sum; a reward that does not say its range counts as [0, 1]."""
    ends = [sorted(weight * end for end in getattr(part, "range", (0.0, 1.0))) for part, weight in parts]
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def _check_parts(parts: Sequence[Part]) -> None:
    for part in parts:
        if isinstance(part, tuple) and len(part) == 2 and callable(part[0]) and _is_number(part[1]):
            continue
        raise ConfigurationError(
            f"{part!r:.80} is no pair of a reward and its weight",
            "Write weighted((reward(), 1.0), (Format(), 0.1)).",
        )
    if not parts:
        raise ConfigurationError("a combination needs one reward at least", "Give pairs (reward, weight).")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
