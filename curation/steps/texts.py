"""Steps that read the texts: the form of the reasoning, and texts that fell into repetition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from genesys.curation.measuring import measured
from genesys.rollouts.repetition import RepetitionRule, repetition_onset

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

_OPEN, _CLOSE = "<think>", "</think>"


@dataclass(frozen=True, kw_only=True)
class Format:
    """Drops what is not one think block and an answer after it."""

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `format:no_think`, `:open_think`, `:several_thinks`, `:text_before` or `:no_answer`."""
        table = measured(lake, rows, "format", form_fault, pa.string())
        return lake.sql(
            f"SELECT place, 'format:' || value AS reason FROM {rows} JOIN {table} USING (location)"
        )


def form_fault(texts: pa.Array) -> pa.Array:
    """What each text's form lacks, or null: exactly one closed think block, at the start, then an answer."""
    opened, closed = pc.count_substring(texts, _OPEN), pc.count_substring(texts, _CLOSE)
    first, last = pc.find_substring(texts, _OPEN), pc.find_substring(texts, _CLOSE)
    none = pc.and_(pc.equal(opened, 0), pc.equal(closed, 0))
    conditions = {
        "no_think": pc.or_(none, pc.equal(opened, 0)),
        "open_think": pc.or_(pc.equal(closed, 0), pc.and_(pc.equal(closed, 1), pc.greater(first, last))),
        "several_thinks": pc.or_(pc.greater(opened, 1), pc.greater(closed, 1)),
        "text_before": pc.invert(pc.match_substring_regex(texts, r"^\s*<think>")),
        "no_answer": pc.invert(pc.match_substring_regex(texts, r"</think>\s*\S")),
    }
    cases = pc.make_struct(*conditions.values(), field_names=list(conditions))
    return pc.case_when(cases, *conditions, pa.scalar(None, pa.string()))


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """Drops what fell into repetition: the sampler saw it, or its text shows it.

    Attributes:
        detect: Whether to look at the texts too, by the detector of `genesys.rollouts.repetition`.
    """

    detect: bool = True

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `repetition`; the detail says from which character on."""
        if not self.detect:
            return lake.sql(
                f"SELECT place, CASE WHEN finish_reason = 'repetition' THEN 'repetition' END AS reason FROM {rows}"
            )
        table = measured(lake, rows, "repetition", _onsets, pa.int64())
        return lake.sql(
            "SELECT place, CASE WHEN finish_reason = 'repetition' OR value IS NOT NULL THEN 'repetition' END "
            f"AS reason, 'from character ' || value AS detail FROM {rows} JOIN {table} USING (location)"
        )


def _onsets(texts: pa.Array) -> pa.Array:
    rule = RepetitionRule().for_characters()
    return pa.array([repetition_onset(text, rule) for text in texts.to_pylist()], pa.int64())
