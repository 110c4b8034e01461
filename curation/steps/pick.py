"""The step that keeps a few completions of each problem."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from genesys.curation.measuring import measured
from genesys.curation.near_duplicates import Sketches, sketches
from genesys.curation.steps.mixture import drawn
from genesys.errors import ConfigurationError, UnknownName

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

_ORDERS = ("first", "shortest", "random", "diverse")
_PERMUTATIONS, _WORDS = 64, 3


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Keeps at most some completions of each problem; right ones come before others.

    Attributes:
        at_most: How many.
        by: "first" (lowest sample_index), "shortest" (fewest bytes), "random" (the seed decides), or "diverse":
            the shortest first, then each time the one that has least in common with those picked, by MinHash
            sketches of runs of three words.
        seed: Of "random".
    """

    at_most: int = 1
    by: str = "shortest"
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.at_most, bool) or not isinstance(self.at_most, int) or self.at_most < 1:
            raise ConfigurationError(f"at_most must be 1 or more, not {self.at_most!r}")
        if self.by not in _ORDERS:
            raise UnknownName.of("order of the step 'pick':", self.by, _ORDERS)

    def facts(self) -> dict[str, Any]:
        """The library that decides: another version may decide otherwise."""
        return {"rensa": version("rensa")} if self.by == "diverse" else {}

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `not_picked`."""
        number = "number"
        source = rows
        order = {
            "first": "place",
            "shortest": "text_size, place",
            "random": f"{drawn(self.seed, 'response_id')}, place",
        }
        if self.by == "diverse":
            lake.keep("picked", self._diverse(lake, rows))
            source = f"{rows} JOIN picked USING (place)"
        else:
            number = f'row_number() OVER (PARTITION BY problem_id ORDER BY "right" DESC, {order[self.by]})'
        return lake.sql(
            f"SELECT place, CASE WHEN {number} > {self.at_most} THEN 'not_picked' END AS reason FROM {source}"
        )

    def _diverse(self, lake: Lake, rows: str) -> pa.Table:
        """The number of each place in the order in which its problem's completions are picked."""
        table = measured(lake, rows, f"sketch_{_PERMUTATIONS}_{_WORDS}", _sketch, pa.binary())
        found = lake.table(
            f'SELECT place, problem_id, "right", text_size, value FROM {rows} JOIN {table} USING (location) '
            'ORDER BY problem_id, "right" DESC, text_size, place'
        )
        values = np.frombuffer(b"".join(found.column("value").to_pylist()), np.uint32)
        made = values.reshape(-1, _PERMUTATIONS)
        names, rights = found.column("problem_id").to_pylist(), found.column("right").to_pylist()
        numbers = np.empty(len(made), dtype=np.int64)
        start = 0
        for end in range(1, len(made) + 1):
            if end == len(made) or names[end] != names[start]:
                numbers[start:end] = _picking_order(made[start:end], rights[start:end], self.at_most)
                start = end
        return pa.table({"place": found.column("place"), "number": numbers})


def _sketch(texts: pa.Array) -> pa.Array:
    made = sketches(texts.to_pylist(), _WORDS, _PERMUTATIONS)
    return pa.array([row.tobytes() for row in made], pa.binary())


def _picking_order(made: Sketches, rights: list[bool], enough: int) -> list[int]:
    """Number of each in the order of picking, from 1: farthest from what is picked, right ones first."""
    numbers = [0] * len(made)
    nearest = np.zeros(len(made))
    for number in range(1, len(made) + 1):
        free = [index for index, taken in enumerate(numbers) if not taken]
        best = min(free, key=lambda index: (not rights[index], nearest[index], index))
        numbers[best] = number
        nearest = np.maximum(nearest, (made == made[best]).mean(axis=1))
        if number == enough:
            return [taken or len(made) + 1 for taken in numbers]
    return numbers
