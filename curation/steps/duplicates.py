"""Steps on exact duplicates, of completions and of problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from genesys.curation.measuring import texts_of
from genesys.curation.words import plain_text
from genesys.schema import text_digest

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake


@dataclass(frozen=True, kw_only=True)
class Duplicate:
    """Drops all but the first of a problem's completions that have the same text."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `duplicate`; the one with the lowest sample_index stays."""
        same = "PARTITION BY problem_id, text_key ORDER BY place"
        return lake.sql(
            f"SELECT place, CASE WHEN row_number() OVER ({same}) > 1 THEN 'duplicate' END AS reason, "
            f"'same text as ' || first_value(response_id) OVER ({same}) AS detail FROM {rows}"
        )


@dataclass(frozen=True, kw_only=True)
class DuplicateProblem:
    """Drops problems whose prompt is another's, but for case and white space; the first by id stays."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops all rows of such a problem as `duplicate_problem`; the detail names the one that stays."""
        asked = lake.table(
            f"SELECT problem_location, problem_id FROM {rows} GROUP BY ALL ORDER BY problem_id"
        )
        prompts = texts_of(lake, "problem_row", "prompt", asked.column("problem_location"))
        first: dict[str, str] = {}
        stays: list[str] = []
        locations, names = (asked.column(name).to_pylist() for name in ("problem_location", "problem_id"))
        for location, name in zip(locations, names, strict=True):
            stays.append(first.setdefault(text_digest(plain_text(prompts[location])), name))
        return problem_judgement(lake, rows, names, stays, "duplicate_problem", "same prompt as ")


def problem_judgement(
    lake: Lake, rows: str, names: list[str], stays: list[str], reason: str, detail: str
) -> DuckDBPyRelation:
    """Drops the rows of problems for which another one stays."""
    pairs = [(name, stay) for name, stay in zip(names, stays, strict=True) if name != stay]
    table = pa.table(
        {
            "problem_id": pa.array([name for name, _ in pairs], pa.string()),
            "stays": pa.array([stay for _, stay in pairs], pa.string()),
        }
    )
    lake.keep(reason, table)
    return lake.sql(
        f"SELECT place, CASE WHEN stays IS NOT NULL THEN '{reason}' END AS reason, '{detail}' || stays AS detail "
        f"FROM {rows} LEFT JOIN {reason} USING (problem_id)"
    )
