"""Steps on what a dataset is mixed of: difficulty, sources, quotas and shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genesys.curation.lake import quoted
from genesys.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

_KEYS = ("source", "task_type")


def drawn(seed: int, column: str) -> str:
    """SQL of a random order that the seed and the value decide."""
    return f"md5('{int(seed)}:' || {column})"


@dataclass(frozen=True, kw_only=True)
class PassRate:
    """Keeps problems of a band of difficulty: the share of their scored completions that pass.

    The rate is over all completions of the runs, whatever earlier steps have dropped.

    Attributes:
        at_least: Least rate; a problem that is never solved may be wrong itself.
        at_most: Highest rate; a problem that is always solved teaches little.
        samples: Fewest completions with a score from which a rate is told.
    """

    at_least: float = 0.0
    at_most: float = 1.0
    samples: int = 2

    def __post_init__(self) -> None:
        if not 0.0 <= self.at_least <= self.at_most <= 1.0:
            raise ConfigurationError(f"no pass rate lies between {self.at_least!r} and {self.at_most!r}")
        if self.samples < 1:
            raise ConfigurationError(f"samples must be 1 or more, not {self.samples!r}")

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops all rows of a problem as `pass_rate:unknown`, `:too_low` or `:too_high`."""
        return lake.sql(f"""
            WITH rated AS (
                SELECT problem_id, count(score) AS samples, count(*) FILTER (passes) / count(score) AS rate
                FROM candidate GROUP BY problem_id
            )
            SELECT place, CASE
                WHEN samples < {int(self.samples)} THEN 'pass_rate:unknown'
                WHEN rate < {float(self.at_least)} THEN 'pass_rate:too_low'
                WHEN rate > {float(self.at_most)} THEN 'pass_rate:too_high'
                END AS reason, round(rate, 3) || ' of ' || samples AS detail
            FROM {rows} JOIN rated USING (problem_id)
        """)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Keeps problems of some sources, or leaves some out; one of the two is given.

    Attributes:
        keep: Sources to keep.
        leave: Sources to leave out.
        by: What is named: "source" or "task_type".
    """

    keep: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    by: str = "source"

    def __post_init__(self) -> None:
        for name in ("keep", "leave"):
            if isinstance(getattr(self, name), str):
                raise ConfigurationError(f"{name} of the step 'sources' must be a list")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.by not in _KEYS:
            raise ConfigurationError(f"sources are by {' or '.join(_KEYS)}, not by {self.by!r}")
        if bool(self.keep) == bool(self.leave):
            raise ConfigurationError("the step 'sources' takes either keep or leave")

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `other_source` or `other_task_type`."""
        named = ", ".join(quoted(source) for source in self.keep or self.leave)
        out = f"{self.by} NOT IN ({named})" if self.keep else f"{self.by} IN ({named})"
        return lake.sql(
            f"SELECT place, CASE WHEN {out} THEN 'other_{self.by}' END AS reason, {self.by} AS detail FROM {rows}"
        )


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Keeps at most so many problems of each source, drawn by a seed.

    Attributes:
        at_most: Problems of a source that `sources` does not name; None for no limit.
        sources: Source -> problems.
        seed: Of the draw.
    """

    at_most: int | None = None
    sources: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        limits = [*self.sources.values(), *([] if self.at_most is None else [self.at_most])]
        if not limits or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in limits):
            raise ConfigurationError(
                f"a quota is a number of problems, not {limits or None!r}",
                "Give at_most, or sources = { name = 1000 }.",
            )

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops all rows of a problem beyond the quota as `over_quota`."""
        cases = " ".join(f"WHEN {quoted(name)} THEN {int(most)}" for name, most in self.sources.items())
        default = "NULL" if self.at_most is None else str(int(self.at_most))
        limit = f"CASE source {cases} ELSE {default} END" if cases else default
        return lake.sql(f"""
            WITH asked AS (SELECT DISTINCT problem_id, source FROM {rows}), numbered AS (
                SELECT problem_id, {limit} AS most, row_number() OVER (
                    PARTITION BY source ORDER BY {drawn(self.seed, "problem_id")}, problem_id) AS number FROM asked
            )
            SELECT place, CASE WHEN number > most THEN 'over_quota' END AS reason
            FROM {rows} JOIN numbered USING (problem_id)
        """)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Keeps as many problems as there can be with given shares; which ones, a seed decides.

    Attributes:
        shares: Value -> weight; values that are not named are left out. Empty: all there are, equally.
        by: What the values are of: "source" or "task_type".
        seed: Of the draw.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    by: str = "source"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.by not in _KEYS:
            raise ConfigurationError(f"balance is by {' or '.join(_KEYS)}, not by {self.by!r}")
        for name, share in self.shares.items():
            if isinstance(share, bool) or not isinstance(share, int | float) or share <= 0:
                raise ConfigurationError(f"the share of {name} must be a number above 0, not {share!r}")

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops all rows of a problem beyond its share as `over_share`, of no share as `no_share`."""
        counts = dict(
            lake.rows(f"SELECT {self.by}, count(DISTINCT problem_id) FROM {rows} GROUP BY 1 ORDER BY 1")
        )
        shares = dict(self.shares) or dict.fromkeys(counts, 1.0)
        for name in shares:
            if name not in counts:
                raise DataError(
                    f"balance: no problem of {self.by} {name!r} is left, so that nothing has its share",
                    f"Take it out of shares; there are: {', '.join(counts) or 'none'}.",
                )
        total = min((counts[name] / share for name, share in shares.items()), default=0.0)
        cases = " ".join(
            f"WHEN {quoted(name)} THEN {int(total * share + 1e-9)}" for name, share in shares.items()
        )
        return lake.sql(f"""
            WITH asked AS (SELECT DISTINCT problem_id, {self.by} AS key FROM {rows}), numbered AS (
                SELECT problem_id, CASE key {cases or "WHEN NULL THEN 0"} END AS most, row_number() OVER (
                    PARTITION BY key ORDER BY {drawn(self.seed, "problem_id")}, problem_id) AS number FROM asked
            )
            SELECT place, CASE WHEN most IS NULL THEN 'no_share' WHEN number > most THEN 'over_share' END AS reason
            FROM {rows} JOIN numbered USING (problem_id)
        """)
