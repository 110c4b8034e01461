"""The words of a prompt, whatever its case, spacing and punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_WORD = re.compile(r"\d+|[^\W\d_]+")
_CRITICAL = re.compile(
    r"\d+|[+*/^=<>≤≥≠±×÷·]|(?<![^\W\d_])[-−–](?![^\W\d_])|(?<=[^\W\d_])[-−–](?=\d)|\\[a-zA-Z]+"
)

_FORMATTING = re.compile(r"\\[a-z]+|[^\w]|_")


class Word(NamedTuple):
    """A word: case-folded, and where it stands in the plain text."""

    text: str
    start: int
    end: int


def plain_text(text: str) -> str:
    """Compatibility characters as plain ones, case folded, runs of white space as one space."""
    return " ".join(normal(text).casefold().split())


def normal(text: str) -> str:
    """Compatibility characters as plain ones (`½`, full-width and mathematical letters)."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def word_list(text: str) -> list[str]:
    """The words alone: runs of letters, and runs of digits."""
    return _WORD.findall(normal(text).casefold())


def placed_words(text: str) -> list[Word]:
    """The words with their places in `normal(text)`."""
    found = _WORD.finditer(normal(text))
    return [Word(match.group().casefold(), match.start(), match.end()) for match in found]


def critical_tokens(text: str) -> tuple[str, ...]:
    """Numbers, operators and commands, sorted: prompts that differ in these ask for different things."""
    return tuple(sorted(_CRITICAL.findall(normal(text))))


def answer_key(gold: object) -> str:
    r"""A gold answer but for its formatting: `\frac{5}{9}`, `\dfrac59` and `5/9` have one key."""
    return _FORMATTING.sub("", normal(str(gold)).casefold())
