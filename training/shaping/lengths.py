"""Length: long reasoning only where it pays, and a soft end before the hard one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, pi
from typing import Any, ClassVar

from genesys.errors import ConfigurationError
from genesys.training.shaping.per_completion import PerCompletion, Tokens, length_of
from genesys.training.watching import Correctness


@dataclass(frozen=True, kw_only=True)
class SoftOverlong(PerCompletion):
    """Soft overlong punishment: 0 up to `limit - cache` tokens, then down to -1 at `limit`, -1 beyond.

    Source: DAPO (arXiv:2503.14476), equation 13; TRL's `get_soft_overlong_punishment`.

    Attributes:
        limit: Most tokens; the trainer's `max_completion_length`.
        cache: Tokens before it over which the punishment grows.
    """

    name: ClassVar[str] = "overlong"
    limit: int
    cache: int

    def __post_init__(self) -> None:
        if not 0 < self.cache < self.limit:
            raise ConfigurationError(f"cache={self.cache} must lie between 0 and limit={self.limit}")

    @property
    def range(self) -> tuple[float, float]:
        """It only punishes."""
        return -1.0, 0.0

    def score(self, text: str, tokens: Tokens | None = None) -> float:
        """The punishment for the number of tokens."""
        length, free = length_of(tokens, self.name), self.limit - self.cache
        if length <= free:
            return 0.0
        return -1.0 if length > self.limit else (free - length) / self.cache


@dataclass(frozen=True, kw_only=True)
class CosineLength:
    """A right answer earns more the shorter it is, a wrong one loses less the longer it tried.

    Takes the place of the correctness reward: along half a cosine from length 0 to `limit`. Source:
    "Demystifying Long Chain-of-Thought Reasoning in LLMs" (arXiv:2502.03373), section 4.1 and appendix;
    the default values are open-r1's `get_cosine_scaled_reward`.

    Attributes:
        correctness: Says what is right; made by `genesys.training.reward`.
        limit: Most tokens; the trainer's `max_completion_length`.
        right: What a right answer earns at length 0 and at `limit`.
        wrong: What a wrong one earns at length 0 and at `limit`.
        exceeding: What a completion longer than `limit` earns, whatever it says.
        pass_at: The least correctness that counts as right.
    """

    name: ClassVar[str] = "cosine_length"
    correctness: Correctness
    limit: int
    right: tuple[float, float] = (1.0, 0.5)
    wrong: tuple[float, float] = (-1.0, -0.5)
    exceeding: float = -1.0
    pass_at: float = 1.0
    parts: tuple[tuple[Correctness, float], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ConfigurationError(f"limit={self.limit} must be 1 token or more")
        object.__setattr__(self, "parts", ((self.correctness, 1.0),))

    @property
    def __name__(self) -> str:
        """What TRL logs it under."""
        return self.name

    @property
    def range(self) -> tuple[float, float]:
        """The least and the most it gives."""
        values = (*self.right, *self.wrong, self.exceeding)
        return min(values), max(values)

    def value(self, correctness: float, length: int) -> float:
        """The reward of one completion.

        Args:
            correctness: What the correctness reward gives it.
            length: Its tokens.
        """
        if length > self.limit:
            return self.exceeding
        start, end = self.right if correctness >= self.pass_at else self.wrong
        return end + 0.5 * (start - end) * (1.0 + cos(length * pi / self.limit))

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Scores a batch; None where the correctness is unscorable."""
        ids = columns.get("completion_ids") or [None] * len(completions)
        scores = self.correctness(prompts, completions, **columns)
        return [
            None if score is None else self.value(score, length_of(tokens, self.name))
            for score, tokens in zip(scores, ids, strict=True)
        ]
