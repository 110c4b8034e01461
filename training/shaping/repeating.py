"""Repetition: n-grams that come back, and completions that have fallen into a loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from genesys.errors import ConfigurationError
from genesys.rollouts.repetition import RepetitionRule, repetition_onset
from genesys.training.shaping.per_completion import PerCompletion, Tokens


@dataclass(frozen=True, kw_only=True)
class NGramRepetition(PerCompletion):
    """The share of n-grams that are not new, times `penalty`.

    Over tokens where they are known, else over lower-cased words. Sources: "Demystifying Long
    Chain-of-Thought Reasoning in LLMs" (arXiv:2502.03373), appendix C.2; TRL's
    `get_repetition_penalty_reward` (tokens), open-r1's (words).

    Attributes:
        n: Items of an n-gram.
        penalty: What a completion that only repeats itself approaches; 0 or less.
    """

    name: ClassVar[str] = "repetition"
    n: int = 3
    penalty: float = -1.0

    def __post_init__(self) -> None:
        if self.n < 1 or self.penalty > 0:
            raise ConfigurationError(f"n={self.n} must be 1 or more, and penalty={self.penalty} 0 or less")

    @property
    def range(self) -> tuple[float, float]:
        """It only punishes."""
        return self.penalty, 0.0

    def score(self, text: str, tokens: Tokens | None = None) -> float:
        """The punishment for what comes back."""
        items: list[int] | list[str] = text.lower().split() if tokens is None else list(tokens)
        total = len(items) - self.n + 1
        if total < 1:
            return 0.0
        grams = zip(*(items[start:] for start in range(self.n)), strict=False)
        repeated = 1 - len(set(grams)) / total
        return repeated * self.penalty if repeated else 0.0


@dataclass(frozen=True, kw_only=True)
class Looping(PerCompletion):
    """`penalty` for a completion that has fallen into a loop, by the rule that ends a harvest's samples.

    Unlike n-grams, tables, lists and long divisions cost nothing: see `genesys.rollouts.repetition`,
    where the rule is measured on real answers.

    Attributes:
        penalty: What a loop costs; 0 or less.
        rule: What counts as one, in tokens; texts without tokens are looked at by characters.
    """

    name: ClassVar[str] = "looping"
    penalty: float = -1.0
    rule: RepetitionRule = field(default_factory=RepetitionRule)

    def __post_init__(self) -> None:
        if self.penalty > 0:
            raise ConfigurationError(f"penalty={self.penalty} must be 0 or less")

    @property
    def range(self) -> tuple[float, float]:
        """It only punishes."""
        return self.penalty, 0.0

    def score(self, text: str, tokens: Tokens | None = None) -> float:
        """The penalty, where there is a loop."""
        if tokens is None:
            onset = repetition_onset(text, self.rule.for_characters())
        else:
            onset = repetition_onset(list(tokens), self.rule)
        return 0.0 if onset is None else self.penalty
