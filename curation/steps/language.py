"""The step on language: what a completion is written in, and whether it changes script on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from genesys.curation.measuring import measured
from genesys.errors import ConfigurationError
from genesys.optional import require

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

_NO_PROSE = re.compile(r"```.*?(?:```|\Z)|\$[^$\n]*\$|\\\[.*?\\\]|\\[a-zA-Z]+|</?think>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_PROSE = 1500
"""Characters from the beginning and from the end that the language is told from."""
_FEWEST_WORDS = 8
"""Below this, nobody can tell: the row is kept."""

_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "latin": re.compile("[a-zA-Z\u00c0-\u024f]"),
    "han": re.compile("[\u3040-\u30ff\u3400-\u9fff]"),  # with Japanese syllables, which stand among Han
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "hangul": re.compile("[\uac00-\ud7af]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "devanagari": re.compile("[\u0900-\u097f]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
    "hebrew": re.compile("[\u0590-\u05ff]"),
}
"""Greek is no script here: formulas are full of it."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """Drops completions in other languages, and those that mix scripts; code and formulas do not count.

    Attributes:
        keep: ISO 639-1 codes of the languages to keep.
        mixed_at_most: Largest share of letters that are not of the script that most are of.
    """

    keep: tuple[str, ...] = ("en",)
    mixed_at_most: float = 0.02

    def __post_init__(self) -> None:
        object.__setattr__(self, "keep", tuple(self.keep))
        known = {code for code, _ in _identifier().rank("a")}
        for code in self.keep:
            if code not in known:
                raise ConfigurationError(f"unknown language {code!r}", f"Known: {', '.join(sorted(known))}.")
        if not 0.0 <= self.mixed_at_most <= 1.0:
            raise ConfigurationError(f"mixed_at_most must lie in [0, 1], not {self.mixed_at_most!r}")

    def facts(self) -> dict[str, Any]:
        """The library that decides: another version may decide otherwise."""
        return {"py3langid": version("py3langid")}

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `language:<code>` or `language:mixed`."""
        keep = ", ".join(f"'{code}'" for code in self.keep)
        table = measured(lake, rows, "language", _languages, _VALUE)
        return lake.sql(
            f"SELECT place, CASE WHEN value.language NOT IN ({keep}) THEN 'language:' || value.language "
            f"WHEN value.mixed > {float(self.mixed_at_most)} THEN 'language:mixed' END AS reason, "
            "round(100 * value.mixed, 1) || ' % of the letters are of other scripts' AS detail "
            f"FROM {rows} JOIN {table} USING (location)"
        )


_VALUE = pa.struct([("language", pa.string()), ("mixed", pa.float64())])


@cache
def _identifier() -> Any:
    return require("py3langid", extra="curate", feature="The step 'language'")


def _languages(texts: pa.Array) -> pa.Array:
    return pa.array([language_of(text) for text in texts.to_pylist()], _VALUE)


def language_of(text: str) -> dict[str, Any]:
    """The language of a text's prose (None where there is too little), and the share of foreign letters."""
    prose = _NO_PROSE.sub(" ", text)
    counts = [len(pattern.findall(prose)) for pattern in _SCRIPTS.values()]
    letters = sum(counts)
    mixed = 1.0 - max(counts) / letters if letters else 0.0
    ends = prose if len(prose) <= 2 * _PROSE else f"{prose[:_PROSE]} {prose[-_PROSE:]}"
    words = _WORD.findall(ends)
    unclear = len(words) < _FEWEST_WORDS and counts[0] * 2 > letters
    language = None if unclear or not letters else str(_identifier().classify(" ".join(words))[0])
    return {"language": language, "mixed": mixed}
