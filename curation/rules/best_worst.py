"""SYNTHETIC-1's rule for pairs: the best against the worst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys.curation.rules.settings import check_apart, check_number
from genesys.curation.steps.verdicts import TRUNCATED

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

# A group is what answers the same messages: a pair must not compare answers to different prompts. Where
# runs put one problem in several ways, the group that comes furthest stands for the problem.
_BEST_WORST = """
WITH grouped AS (
    SELECT problem_id, prompt_location, count(*) AS size,
        first(place ORDER BY score DESC, place) FILTER (passes AND ({truncated}) IS NULL) AS chosen,
        max(score) FILTER (passes AND ({truncated}) IS NULL) AS best,
        first(place ORDER BY score, place) FILTER (score < {below}) AS rejected,
        min(score) AS worst
    FROM {rows} WHERE score IS NOT NULL GROUP BY problem_id, prompt_location
), judged AS (
    SELECT *, CASE
        WHEN size < 2 THEN 'fewer_than_two_completions'
        WHEN chosen IS NULL THEN 'none_to_choose'
        WHEN rejected IS NULL THEN 'none_to_reject'
        END AS reason
    FROM grouped
)
SELECT problem_id, coalesce(reason, CASE WHEN size IS NULL THEN 'fewer_than_two_completions' END) AS reason,
    CASE WHEN reason IS NULL AND size IS NOT NULL THEN [chosen, rejected] END AS places
FROM (SELECT DISTINCT problem_id FROM {rows}) LEFT JOIN judged USING (problem_id)
QUALIFY row_number() OVER (
    PARTITION BY problem_id
    ORDER BY reason IS NULL DESC, chosen IS NOT NULL AND size > 1 DESC, size > 1 DESC,
        best DESC NULLS LAST, worst, chosen NULLS LAST, prompt_location
) = 1
"""


@dataclass(frozen=True, kw_only=True)
class BestWorst:
    """One pair a problem, as in SYNTHETIC-1: the best completion chosen, the worst rejected.

    The chosen one passes and is not truncated, ties go to the lowest sample_index.

    Attributes:
        rejected_below: The rejected one's score is below this, in (0, 1].
    """

    rejected_below: float = 0.6

    def __post_init__(self) -> None:
        check_number("rejected_below", self.rejected_below, above=0.0, at_most=1.0)

    def check(self, thresholds: Mapping[str, float]) -> None:
        """A score must not both pass and be one to reject."""
        check_apart(self.rejected_below, thresholds)

    def select(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Pairs [chosen, rejected], or why there is none.

        Reasons, in the order in which they are looked for: `fewer_than_two_completions`,
        `none_to_choose`, `none_to_reject`.
        """
        return lake.sql(_BEST_WORST.format(truncated=TRUNCATED, below=float(self.rejected_below), rows=rows))
