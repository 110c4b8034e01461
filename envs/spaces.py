"""The space of texts: what an environment of language observes and what it takes as actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gymnasium.spaces import Space

_WORDS = (
    "the answer is",
    "so",
    "x",
    "=",
    "7",
    "42",
    "-1",
    "{",
    "}",
    "\\boxed{7}",
    "<think>",
    "</think>",
    '{"output": "ab"}',
    "é",
    "\n",
)
_MOST_WORDS = 16


class TextSpace(Space[str]):
    """All texts, of any length and in any script.

    Gymnasium's own `Text` is bounded, knows an alphabet and looks at each character; prose and reasoning
    traces are none of that. Samples are short word salads from the space's seed.

        >>> "Prove that \u221a2 is irrational." in TextSpace()
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(shape=None, dtype=None, seed=seed)

    @property
    def is_np_flattenable(self) -> bool:
        """Texts are no arrays."""
        return False

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> str:
        """A text of at most 16 words; deterministic given the space's seed.

        Raises:
            ValueError: If a mask is given: there is nothing to mask.
        """
        if mask is not None or probability is not None:
            raise ValueError("TextSpace.sample takes no mask and no probability")
        count = int(self.np_random.integers(_MOST_WORDS + 1))
        return " ".join(_WORDS[int(index)] for index in self.np_random.integers(len(_WORDS), size=count))

    def contains(self, x: Any) -> bool:
        """Whether it is a text, whatever its length."""
        return isinstance(x, str)

    def to_jsonable(self, sample_n: Sequence[str]) -> list[str]:  # type: ignore[override]  # as Text does
        """Texts are JSON already."""
        return list(sample_n)

    def from_jsonable(self, sample_n: Sequence[str]) -> list[str]:
        """The texts as they were."""
        return list(sample_n)

    def __repr__(self) -> str:
        return "TextSpace()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextSpace)

    def __hash__(self) -> int:
        return hash(TextSpace)
