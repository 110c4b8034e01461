"""The step on prompts that say the same in nearly the same words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys.curation.measuring import texts_of
from genesys.curation.near_duplicates import first_alike
from genesys.curation.steps.duplicates import problem_judgement
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake


@dataclass(frozen=True, kw_only=True)
class NearDuplicate:
    """Drops problems whose prompt is nearly another's; of each cluster the first by id stays.

    Attributes:
        least: Least Jaccard similarity of the two prompts' pieces, in (0, 1].
        words: Words of a piece.
        numbers: Whether prompts with other numbers, operators or commands are other problems. Off, problems
            made from one template count as duplicates of one another.
    """

    least: float = 0.6
    words: int = 2
    numbers: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.least <= 1.0:
            raise ConfigurationError(f"least must lie in (0, 1], not {self.least!r}")
        if self.words < 1:
            raise ConfigurationError(f"words must be 1 or more, not {self.words!r}")

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops all rows of such a problem as `near_duplicate`; the detail names the one that stays."""
        asked = lake.table(
            f"SELECT problem_location, problem_id FROM {rows} GROUP BY ALL ORDER BY problem_id"
        )
        prompts = texts_of(lake, "problem_row", "prompt", asked.column("problem_location"))
        texts = [prompts[location] for location in asked.column("problem_location").to_pylist()]
        names = asked.column("problem_id").to_pylist()
        alike = first_alike(texts, least=self.least, size=self.words, numbers=self.numbers)
        return problem_judgement(
            lake, rows, names, [names[first] for first, _ in alike], "near_duplicate", "nearly the prompt of "
        )
