"""Pairs beyond the published rule: by margin, of like length, against near-misses, several a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys.curation.rules.settings import check_apart, check_count, check_number
from genesys.curation.steps.verdicts import TRUNCATED
from genesys.errors import UnknownName

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

_REJECT = {
    "worst": "bad.score, bad.place",
    # A near-miss gave an answer, and one that scored well; of equals, the one as long as the right answer.
    "hardest": "bad.score DESC, bad.cause = 'wrong_answer' DESC, bad.cut, "
    "abs(ln(bad.text_size / good.text_size)), bad.place",
}

# Both sides answer the same messages. Each rejected answer stands in one pair of its problem.
_PAIRS = """
WITH answer AS (
    SELECT place, problem_id, prompt_location, score, passes, cause, greatest(text_size, 1) AS text_size,
        ({truncated}) IS NOT NULL AS cut
    FROM {rows} WHERE score IS NOT NULL
), good AS (FROM answer WHERE passes AND NOT cut), bad AS (FROM answer WHERE score < {below}), pair AS (
    SELECT good.problem_id, good.place AS chosen, bad.place AS rejected,
        good.prompt_location = bad.prompt_location AS same_prompt,
        good.score - bad.score >= {margin} AS apart,
        greatest(good.text_size, bad.text_size) <= {ratio} * least(good.text_size, bad.text_size) AS alike,
        row_number() OVER (PARTITION BY good.problem_id ORDER BY good.score DESC, {reject}, good.place) AS quality
    FROM good JOIN bad USING (problem_id)
), fit AS (
    FROM pair WHERE same_prompt AND apart AND alike
    QUALIFY row_number() OVER (PARTITION BY problem_id, rejected ORDER BY quality) = 1
), best AS (
    SELECT problem_id, [chosen, rejected] AS places,
        row_number() OVER (PARTITION BY problem_id ORDER BY quality) AS rank
    FROM fit
), judged AS (
    SELECT problem_id, CASE
        WHEN size < 2 THEN 'fewer_than_two_completions'
        WHEN NOT coalesce(has_good, false) THEN 'none_to_choose'
        WHEN NOT coalesce(has_bad, false) THEN 'none_to_reject'
        WHEN NOT same_prompt THEN 'none_to_the_same_prompt'
        WHEN NOT apart THEN 'none_with_the_margin'
        ELSE 'none_of_like_length' END AS reason
    FROM (SELECT problem_id, count(*) AS size, bool_or(passes AND NOT cut) AS has_good,
        bool_or(score < {below}) AS has_bad FROM answer GROUP BY problem_id)
    LEFT JOIN (SELECT problem_id, bool_or(same_prompt) AS same_prompt, bool_or(same_prompt AND apart) AS apart
        FROM pair GROUP BY problem_id) USING (problem_id)
)
SELECT problem_id, rank, NULL::VARCHAR AS reason, places FROM best WHERE rank <= {at_most}
UNION ALL
SELECT problem_id, 1, coalesce(reason, 'fewer_than_two_completions'), NULL
FROM (SELECT DISTINCT problem_id FROM {rows}) LEFT JOIN judged USING (problem_id)
WHERE problem_id NOT IN (SELECT problem_id FROM fit)
"""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """A right answer against a wrong one, with conditions on both; never from unscorable rows.

    The chosen one passes and is not truncated; the best score comes first.

    Attributes:
        rejected_below: The rejected one's score is below this, in (0, 1].
        margin: Least difference of the two scores.
        length_ratio: The longer text has at most this many times the bytes of the shorter, so that length
            is nothing to learn from; None for no condition.
        reject: "worst" (lowest score) or "hardest": the near-miss, with the highest score below
            `rejected_below`, an answer that is wrong rather than none, and of about the same length.
        at_most: Pairs of a problem; each has another rejected answer.
    """

    rejected_below: float = 0.6
    margin: float = 0.0
    length_ratio: float | None = None
    reject: str = "worst"
    at_most: int = 1

    def __post_init__(self) -> None:
        check_number("rejected_below", self.rejected_below, above=0.0, at_most=1.0)
        check_number("margin", self.margin, at_most=1.0)
        if self.length_ratio is not None:
            check_number("length_ratio", self.length_ratio, at_least=1.0)
        if self.reject not in _REJECT:
            raise UnknownName.of("way to reject:", str(self.reject), _REJECT)
        check_count("at_most", self.at_most)

    def check(self, thresholds: Mapping[str, float]) -> None:
        """A score must not both pass and be one to reject."""
        check_apart(self.rejected_below, thresholds)

    def select(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Pairs [chosen, rejected], or why there is none.

        Reasons, in the order in which they are looked for: `fewer_than_two_completions`, `none_to_choose`,
        `none_to_reject`, `none_to_the_same_prompt`, `none_with_the_margin`, `none_of_like_length`.
        """
        ratio = "'infinity'::DOUBLE" if self.length_ratio is None else str(float(self.length_ratio))
        return lake.sql(
            _PAIRS.format(
                rows=rows,
                truncated=TRUNCATED,
                below=float(self.rejected_below),
                margin=float(self.margin),
                ratio=ratio,
                reject=_REJECT[self.reject],
                at_most=int(self.at_most),
            )
        )
