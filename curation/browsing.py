"""A run's completions to look at: narrow rows to filter, and the long texts of those that are shown.

book = RunBook(RunReader.open("runs/first"))
rows = book.find(TraceFilter(cause="wrong_answer", search="remainder"))
for trace in book.read(rows[:10]): ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from genesys.causes import CAUSES
from genesys.curation.browsing_rows import (
    RIGHT,
    UNSCORED,
    Places,
    bools,
    locations_with,
    looked_up,
    narrow,
    once,
    rows_at,
    sorted_locations,
    with_outcomes,
    with_verdicts,
)
from genesys.curation.scanning import for_each_table
from genesys.curation.snapshot import take_snapshot
from genesys.errors import UnknownName
from genesys.rewards.gold import short_gold
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.run_summary import Trace
from genesys.schema import Problem

_COMPLETION = ("response_id", "problem_id", "sample_index", "finish_reason", "completion_tokens", "parent_id")
_PROBLEM = ("problem_id", "source", "task_type")


@dataclass(frozen=True, kw_only=True)
class BookTrace(Trace):
    """One completion as a person reads it, with where it comes from.

    Attributes:
        source: Of its problem.
        task_type: Of its problem.
        sample_index: Its number among its problem's.
        verifier: Key of the verifier whose verdict is shown, or None.
        outcome: "right" (passes its task type's threshold), "wrong", "unscorable" or "unscored".
    """

    source: str
    task_type: str
    sample_index: int
    verifier: str | None
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Span:
    """A range of numbers, both ends included; None is no end.

    Attributes:
        least: The lowest.
        most: The highest.
    """

    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, kw_only=True)
class TraceFilter:
    """Which traces are wanted; what is None does not matter.

    Attributes:
        problem: What the problem's id begins with.
        response: What the response's id begins with.
        source: The problem's source.
        cause: The verdict's cause; "right" for full scores, "unscored" where there is no verdict.
        finish: Why sampling ended.
        score: Range of the score; what has none is not in it.
        tokens: Range of the sampled tokens; where nobody counted them, a completion is not in it.
        search: Text in the completion, the prompt or the gold, whatever its case.
    """

    problem: str | None = None
    response: str | None = None
    source: str | None = None
    cause: str | None = None
    finish: str | None = None
    score: Span | None = None
    tokens: Span | None = None
    search: str | None = None


class RunBook:
    """A run as it is now, ready to be searched.

    Args:
        run: The run; it may be written to meanwhile.
        verifier: Key or name of the verifier whose verdicts count; by default the task type's own, else any.

    Raises:
        UnknownName: If that verifier has scored nothing here.
    """

    def __init__(self, run: RunReader, verifier: str | None = None) -> None:
        self.verifier = None if verifier is None else chosen_key(run.verifier_keys(), verifier)
        snapshot = take_snapshot([run])
        self._completions, self._problems = snapshot.rows["completions"], snapshot.rows["problems"]
        rows = once(narrow(self._completions, _COMPLETION), "response_id")
        problems = once(narrow(self._problems, _PROBLEM), "problem_id")
        rows = looked_up(rows, "problem_id", problems.rename_columns(["problem_location", *_PROBLEM]))
        self.table = with_outcomes(with_verdicts(rows, run, self.verifier))
        """One row a completion: `location, problem_location`, ids, `source, task_type`, its verdict, its facts."""

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def sources(self) -> list[str]:
        """The sources of the problems, sorted."""
        return sorted(pc.unique(self.table["source"]).to_pylist())

    def find(self, wanted: TraceFilter) -> Places:
        """The rows that a filter wants.

        Raises:
            UnknownName: If it names a source, cause or finish reason that is not in this run.
        """
        keep = np.ones(len(self), bool)
        for column, value in (("problem_id", wanted.problem), ("response_id", wanted.response)):
            if value is not None:
                keep &= bools(pc.starts_with(self.table[column], value))
        causes = [RIGHT, UNSCORED, *CAUSES]
        for noun, column, value, known in (
            ("source in this run", "source", wanted.source, self.sources),
            ("cause", "cause", wanted.cause, causes),
            ("finish reason", "finish_reason", wanted.finish, ["stop", "length", "repetition", "error"]),
        ):
            if value is not None and value not in known:
                raise UnknownName.of(noun, value, known)
            if value is not None:
                keep &= bools(pc.equal(self.table[column], value))
        keep &= _within(self.table["score"], wanted.score) & _within(
            self.table["completion_tokens"], wanted.tokens
        )
        found = np.flatnonzero(keep)
        return found if wanted.search is None else self._holding(found, wanted.search)

    def _holding(self, places: Places, text: str) -> Places:
        """Those of the rows in whose completion or problem a text stands."""
        chosen = self.table.take(pa.array(places))
        columns = ("prompt", "verification_info", "gold_standard_solution")
        asked = locations_with(self._problems, sorted_locations(chosen["problem_location"]), columns, text)
        answered = locations_with(self._completions, sorted_locations(chosen["location"]), ("text",), text)
        keep = np.isin(chosen["location"].to_numpy(), answered)
        return places[keep | np.isin(chosen["problem_location"].to_numpy(), asked)]

    def read(self, places: Places) -> list[BookTrace]:
        """The traces of rows, in their order, with their texts."""
        rows = self.table.take(pa.array(places))
        texts = dict(rows_at(self._completions, sorted_locations(rows["location"]), ("text",)))
        problems = {
            location: Problem.from_row(row) for location, row in self._problem_rows(rows["problem_location"])
        }
        return [
            _trace(row, problems[row["problem_location"]], texts[row["location"]]["text"])
            for row in rows.to_pylist()
        ]

    def _problem_rows(self, locations: pa.ChunkedArray) -> Iterator[tuple[int, dict[str, Any]]]:
        columns = (*_PROBLEM, "prompt", "gold_standard_solution", "verification_info", "metadata")
        return rows_at(self._problems, sorted_locations(locations), columns)

    def problem_column(self, column: str) -> dict[str, Any]:
        """Problem id -> a column of the problems."""
        wanted = sorted_locations(self.table["problem_location"])
        return {
            row["problem_id"]: row[column]
            for _, row in rows_at(self._problems, wanted, ("problem_id", column))
        }

    def text_lengths(self) -> npt.NDArray[np.int64]:
        """Characters of each completion; reads all texts."""
        found: list[pa.Table] = []
        order = sorted_locations(self.table["location"])
        for_each_table(
            self._completions,
            order,
            ["text"],
            lambda table: found.append(
                pa.table({"location": table["location"], "length": pc.utf8_length(table["text"])})
            ),
        )
        lengths = pa.concat_tables(found).sort_by("location")["length"].to_numpy() if found else order
        places = np.searchsorted(order, self.table["location"].to_numpy())
        return np.asarray(np.asarray(lengths, np.int64)[places], np.int64)


def chosen_key(keys: Iterable[str], name: str) -> str:
    """The first of the keys that a key, a name with its version or a name alone stands for.

    Raises:
        UnknownName: If there is none.
    """
    known = sorted(keys)
    named = [key for key in known if name in (key, key.partition("+")[0], key.partition("@")[0])]
    if not named:
        raise UnknownName.of("verifier key in this run", name, known)
    return name if name in named else named[0]


def _within(column: pa.ChunkedArray, span: Span | None) -> npt.NDArray[np.bool_]:
    values = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), float)
    keep: npt.NDArray[np.bool_] = np.ones(len(values), bool)
    if span is not None:
        keep &= ~np.isnan(values)
        keep &= values >= (-np.inf if span.least is None else span.least)
        keep &= values <= (np.inf if span.most is None else span.most)
    return keep


def _trace(row: Mapping[str, Any], problem: Problem, text: str) -> BookTrace:
    cause = row["cause"]
    return BookTrace(
        response_id=row["response_id"],
        problem_id=row["problem_id"],
        prompt=problem.prompt,
        gold=short_gold(problem),
        text=text,
        finish_reason=row["finish_reason"],
        tokens=row["completion_tokens"],
        score=row["score"],
        cause=None if cause == RIGHT else cause,
        source=row["source"],
        task_type=row["task_type"],
        sample_index=row["sample_index"],
        verifier=row["verifier"],
        outcome=row["outcome"],
    )
