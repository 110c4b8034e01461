"""OpenR1-Math's rule: the generations of a problem stay together, with a right one among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys.curation.rules.settings import check_count
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

# The first right ones are sure of a seat; the rest are taken in the order of places.
_GROUP = """
WITH ordered AS (
    SELECT problem_id, place, "right",
        row_number() OVER (PARTITION BY problem_id, "right" ORDER BY place) AS among FROM {rows}
), seated AS (
    SELECT *, row_number() OVER (
        PARTITION BY problem_id ORDER BY "right" AND among <= {right} DESC, place) AS seat
    FROM ordered
), judged AS (
    SELECT problem_id, CASE
        WHEN count(*) < {at_least} THEN 'too_few_generations'
        WHEN count(*) FILTER ("right") < {right} THEN 'too_few_right'
        END AS reason, list(place ORDER BY place) FILTER (seat <= {at_most}) AS places
    FROM seated GROUP BY problem_id
)
SELECT problem_id, reason, CASE WHEN reason IS NULL THEN places END AS places FROM judged
"""


@dataclass(frozen=True, kw_only=True)
class Group:
    """All generations of a problem, up to a number, wrong and truncated ones too.

    Attributes:
        at_least: Fewest generations.
        at_most: Most generations: the first by sample_index, and the first right ones.
        right: Fewest right generations, by the verifier or by a judge.
    """

    at_least: int = 2
    at_most: int = 4
    right: int = 1

    def __post_init__(self) -> None:
        for name in ("at_least", "at_most", "right"):
            check_count(name, getattr(self, name))
        if not max(self.at_least, self.right) <= self.at_most:
            raise ConfigurationError(
                f"a group of at most {self.at_most} cannot have {self.at_least} generations, {self.right} of them right"
            )

    def check(self, thresholds: Mapping[str, float]) -> None:
        """Fits any thresholds."""

    def select(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """The places of a problem's generations; else `too_few_generations` or `too_few_right`."""
        numbers = {"at_least": self.at_least, "at_most": self.at_most, "right": self.right}
        return lake.sql(_GROUP.format(rows=rows, **{name: int(value) for name, value in numbers.items()}))
