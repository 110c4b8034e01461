"""Language consistency: reasoning that does not wander between scripts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from genesys.errors import UnknownName
from genesys.training.shaping.per_completion import PerCompletion, Tokens

SCRIPTS = {
    "ar": ("ARABIC",),
    "el": ("GREEK",),
    "en": ("LATIN",),
    "he": ("HEBREW",),
    "hi": ("DEVANAGARI",),
    "ja": ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"),
    "ko": ("HANGUL",),
    "latin": ("LATIN",),
    "ru": ("CYRILLIC",),
    "th": ("THAI",),
    "zh": ("CJK",),
}
"""Language -> the scripts it is written in, as Unicode names its letters."""

_NOT_LANGUAGE = re.compile(r"```.*?(?:```|\Z)|\\[A-Za-z]+|</?[A-Za-z]+>", re.DOTALL)
"""Code, LaTeX commands and tags are no language."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "THAI")


@dataclass(frozen=True, kw_only=True)
class LanguageConsistency(PerCompletion):
    """The share of a completion's words that are in the target language's script; 1.0 without words.

    Source: DeepSeek-R1 (arXiv:2501.12948), section 2.3.2: the proportion of words in the target language.
    Scripts are told apart, and not languages that share one: English from Chinese and Russian, not from
    French. Single letters (variables), code and LaTeX commands do not count. A word of a script without
    spaces counts its letters.

    Attributes:
        language: The target, one of `SCRIPTS`.
    """

    name: ClassVar[str] = "language"
    language: str = "en"

    def __post_init__(self) -> None:
        if self.language not in SCRIPTS:
            raise UnknownName.of("language", self.language, SCRIPTS)

    @property
    def range(self) -> tuple[float, float]:
        """From none of the words to all."""
        return 0.0, 1.0

    def score(self, text: str, tokens: Tokens | None = None) -> float:
        """The share of words in the target's script."""
        wanted, good, total = SCRIPTS[self.language], 0, 0
        for word in _WORD.findall(_NOT_LANGUAGE.sub(" ", text)):
            for script, weight in _scripts(word):
                total += weight
                good += weight if script in wanted else 0
        return good / total if total else 1.0


@lru_cache(maxsize=65536)
def _scripts(word: str) -> tuple[tuple[str, int], ...]:
    """The scripts of a word: one for a word of an alphabet, one a letter where words have no spaces."""
    scripts = [_script(letter) for letter in word]
    letters = tuple((script, 1) for script in scripts if script in _WITHOUT_SPACES)
    others = [script for script in scripts if script not in _WITHOUT_SPACES]
    return (*letters, (max(sorted(set(others)), key=others.count), 1)) if others else letters


@lru_cache(maxsize=65536)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split(" ")[0]
