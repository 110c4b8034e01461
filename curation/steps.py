"""Steps: each keeps a row or drops it with a reason that is counted.

A reason is one word, or a word and a detail: `below_threshold`, `unscorable:bad_gold`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys.registry import Registry

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

STEPS = Registry(
    "step",
    "genesys.curation_steps",
    {
        "scored": "genesys.curation.steps:Scored",
        "scorable": "genesys.curation.steps:Scorable",
        "truncated": "genesys.curation.steps:Truncated",
        "threshold": "genesys.curation.steps:Threshold",
        "duplicate": "genesys.curation.steps:Duplicate",
    },
)
"""Other packages add theirs through the entry-point group `genesys.curation_steps`."""

TRUNCATED = "CASE WHEN finish_reason <> 'stop' THEN finish_reason WHEN open_think THEN 'open_think' END"
"""SQL: how a completion was cut short, or null where it ended by itself."""


def _by(reason: str, lake: Lake, rows: str) -> DuckDBPyRelation:
    return lake.sql(f"SELECT place, {reason} AS reason FROM {rows}")


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Drops what the verifier has not seen yet: `genesys score` is to run first."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows without a verdict as `unscored`."""
        return _by("CASE WHEN score_location IS NULL THEN 'unscored' END", lake, rows)


@dataclass(frozen=True, kw_only=True)
class Scorable:
    """Drops verdicts without a score: nobody knows whether these completions are right."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `unscorable:<cause>`, or `unscored`."""
        reason = "CASE WHEN score IS NULL THEN coalesce('unscorable:' || cause, 'unscored') END"
        return _by(reason, lake, rows)


@dataclass(frozen=True, kw_only=True)
class Truncated:
    """Drops completions that were cut short: a model trained on them learns not to end."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `truncated:length`, `:repetition`, `:error` or `:open_think`."""
        return _by(f"'truncated:' || ({TRUNCATED})", lake, rows)


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Drops completions whose score is below the recipe's threshold for their task type."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `below_threshold`; a row without a score is below any."""
        return _by("CASE WHEN NOT passes THEN 'below_threshold' END", lake, rows)


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """Drops all but the first of a problem's completions that have the same text."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `duplicate`; the one with the lowest sample_index stays."""
        number = "row_number() OVER (PARTITION BY problem_id, text_digest ORDER BY place)"
        return _by(f"CASE WHEN {number} > 1 THEN 'duplicate' END", lake, rows)
