"""Steps on the verdict, and on how the completion ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

TRUNCATED = "CASE WHEN finish_reason <> 'stop' THEN finish_reason WHEN open_think THEN 'open_think' END"
"""SQL: how a completion was cut short, or null where it ended by itself."""


def by(reason: str, lake: Lake, rows: str) -> DuckDBPyRelation:
    """The judgement of an SQL expression over `candidate`: a reason, or null."""
    return lake.sql(f"SELECT place, {reason} AS reason FROM {rows}")


@dataclass(frozen=True, kw_only=True)
class Continued:
    """Drops what another completion continues: that one holds the whole text."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows whose id is the `parent_id` of another completion as `continued`."""
        return by("CASE WHEN continued THEN 'continued' END", lake, rows)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Drops what the verifier has not seen yet: `genesys score` is to run first."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows without a verdict as `unscored`."""
        return by("CASE WHEN score_location IS NULL THEN 'unscored' END", lake, rows)


@dataclass(frozen=True, kw_only=True)
class Scorable:
    """Drops verdicts without a score: nobody knows whether these completions are right.

    Attributes:
        or_judged: Whether a judge's score will do where the verifier has none.
    """

    or_judged: bool = False

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `unscorable:<cause>`, or `unscored`."""
        known = "score IS NOT NULL" + (" OR judged IS NOT NULL" if self.or_judged else "")
        return by(
            f"CASE WHEN NOT ({known}) THEN coalesce('unscorable:' || cause, 'unscored') END", lake, rows
        )


@dataclass(frozen=True, kw_only=True)
class Truncated:
    """Drops completions that were cut short: a model trained on them learns not to end."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `truncated:length`, `:repetition`, `:error` or `:open_think`."""
        return by(f"'truncated:' || ({TRUNCATED})", lake, rows)


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Drops completions whose score is below the recipe's threshold for their task type."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `below_threshold`; a row without a score is below any."""
        return by("CASE WHEN NOT passes THEN 'below_threshold' END", lake, rows)
