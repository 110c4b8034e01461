"""Texts that functions are run on: random strings and snippets, by seed."""

from __future__ import annotations

from random import Random

from genesys.curation.builders.output_ideas import SNIPPETS
from genesys.errors import ConfigurationError

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MIXED = "aabbccdeeeffghiijklmnoopqrsttuvwxyzABCDEXYZ0123456789  .,;-!?"
_SHORTEST, _LONGEST = 6, 28


class Texts:
    """Draws texts.

    Args:
        text: Lines to take snippets from; by default a few that genesys brings.

    Raises:
        ConfigurationError: If the text has no line to take from.
    """

    def __init__(self, text: str = SNIPPETS) -> None:
        self._lines = [line.strip() for line in text.splitlines() if len(line.split()) > 1]
        if not self._lines:
            raise ConfigurationError("the text has no line of two words", "Give prose, one sentence a line.")

    def draw(self, rng: Random) -> str:
        """A text of 6 to 28 characters or so: half of them random, half snippets."""
        if rng.random() < 0.5:
            alphabet = rng.choice((_LETTERS[: rng.randrange(3, 9)], _MIXED, _LETTERS))
            return (
                "".join(rng.choice(alphabet) for _ in range(rng.randrange(_SHORTEST, _LONGEST))).strip()
                or "ab"
            )
        words = rng.choice(self._lines).split()
        start = rng.randrange(len(words))
        snippet = words[start]
        for word in words[start + 1 :]:
            if len(snippet) + len(word) >= _LONGEST:
                break
            snippet += f" {word}"
        return snippet
