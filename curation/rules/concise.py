"""Pairs that teach brevity: both answers are right, and the much shorter one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys.curation.rules.settings import check_count, check_number
from genesys.curation.steps.verdicts import TRUNCATED

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

_CONCISE = """
WITH answer AS (
    SELECT place, problem_id, prompt_location, score, greatest(text_size, 1) AS text_size
    FROM {rows} WHERE passes AND score IS NOT NULL AND ({truncated}) IS NULL
), pair AS (
    SELECT brief.problem_id, brief.place AS chosen, wordy.place AS rejected,
        wordy.text_size / brief.text_size AS ratio
    FROM answer brief JOIN answer wordy USING (problem_id, prompt_location)
    WHERE wordy.text_size >= {ratio} * brief.text_size AND wordy.place <> brief.place
        AND brief.score >= wordy.score
), fit AS (
    FROM pair QUALIFY row_number() OVER (PARTITION BY problem_id, rejected ORDER BY ratio DESC, chosen) = 1
), best AS (
    SELECT problem_id, [chosen, rejected] AS places,
        row_number() OVER (PARTITION BY problem_id ORDER BY ratio DESC, chosen, rejected) AS rank
    FROM fit
)
SELECT problem_id, rank, NULL::VARCHAR AS reason, places FROM best WHERE rank <= {at_most}
UNION ALL
SELECT problem_id, 1, CASE WHEN coalesce(size, 0) < 2 THEN 'fewer_than_two_right' ELSE 'none_much_shorter' END, NULL
FROM (SELECT DISTINCT problem_id FROM {rows})
LEFT JOIN (SELECT problem_id, count(*) AS size FROM answer GROUP BY problem_id) USING (problem_id)
WHERE problem_id NOT IN (SELECT problem_id FROM fit)
"""


@dataclass(frozen=True, kw_only=True)
class Concise:
    """A short right answer against a long right one; the short one scores no less. Neither is truncated.

    Attributes:
        ratio: The rejected text has at least this many times the bytes of the chosen one.
        at_most: Pairs of a problem; each has another rejected answer.
    """

    ratio: float = 2.0
    at_most: int = 1

    def __post_init__(self) -> None:
        check_number("ratio", self.ratio, above=1.0)
        check_count("at_most", self.at_most)

    def check(self, thresholds: Mapping[str, float]) -> None:
        """Fits any thresholds: both answers pass."""

    def select(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Pairs [chosen, rejected]; else `fewer_than_two_right` or `none_much_shorter`."""
        return lake.sql(
            _CONCISE.format(
                rows=rows, truncated=TRUNCATED, ratio=float(self.ratio), at_most=int(self.at_most)
            )
        )
