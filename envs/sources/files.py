"""Problems from a file in the common schema: JSONL, gzipped JSONL or Parquet.

A row of the published task datasets, in JSONL:

    {"problem_id": "vfm_17", "source": "orca_math", "task_type": "verifiable_math", "in_source_id": null,
     "prompt": "...", "gold_standard_solution": "...", "verification_info": "{'ground_truth': '42'}",
     "metadata": "{}"}

where `verification_info` and `metadata` are objects, JSON texts or Python literals.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

from genesys.envs.sources.packed import PackedRecords
from genesys.envs.sources.rows import Row, located_error, location, open_file, read_rows
from genesys.errors import Conflict, DataError, MalformedRow
from genesys.schema import Problem

COLUMNS = (
    "problem_id",
    "source",
    "task_type",
    "in_source_id",
    "prompt",
    "gold_standard_solution",
    "verification_info",
    "metadata",
)
"""The common schema; other columns are left aside."""


class FileProblems:
    """A `ProblemSource` over one file, read once, checked row by row and kept packed.

    Args:
        path: The file.
        skip_malformed: Whether to count rows that do not parse (`skipped`) and go on.

    Attributes:
        path: As it was given.
        identity: `"sha256:..."` of the file's bytes.
        skipped: Rows that did not parse.
        duplicates: Rows that repeat an earlier problem: same id, same content (`Problem.digest`).

    Raises:
        ConfigurationError: If there is no such file or it cannot be opened.
        MalformedRow: If a row does not parse, unless `skip_malformed`.
        Conflict: If two rows hold different problems under one id.
        DataError: If the file is damaged or holds no problem.
    """

    def __init__(self, path: str | Path, *, skip_malformed: bool = False) -> None:
        self.path = path
        with open_file(path) as file:
            self.identity = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        self._begin(skip_malformed)

    def _begin(self, skip_malformed: bool) -> None:
        self.skipped = 0
        self.duplicates = 0
        self._records = PackedRecords()
        self._lines = array("Q")
        self._index: dict[str, int] = {}
        self._load(skip_malformed)

    def _rows(self, on_malformed: Callable[[MalformedRow], None] | None) -> Iterator[tuple[int, Row]]:
        return read_rows(self.path, columns=COLUMNS, on_malformed=on_malformed)

    def _load(self, skip_malformed: bool) -> None:
        def skip(_: MalformedRow) -> None:
            self.skipped += 1

        for line, row in self._rows(skip if skip_malformed else None):
            try:
                problem = _problem(row)
            except MalformedRow as error:
                if not skip_malformed:
                    raise located_error(self.path, line, error) from None
                self.skipped += 1
            else:
                self._add(line, problem)
        if not self._index:
            skipped = f" ({self.skipped} malformed rows were skipped)" if self.skipped else ""
            raise DataError(f"{self.path} holds no problem{skipped}", "Each row is one problem.")

    def _add(self, line: int, problem: Problem) -> None:
        known = self._index.setdefault(problem.problem_id, len(self._records))
        if known < len(self._records):
            if self[known].digest != problem.digest:
                raise Conflict(
                    f"{location(self.path, self._lines[known])} and {location(self.path, line)} hold "
                    f"different problems under one id, {problem.problem_id!r}",
                    "Give each problem an id of its own.",
                )
            self.duplicates += 1
            return
        self._records.append(_packed(problem))
        self._lines.append(line)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Problem]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Problem:
        if not -len(self) <= index < len(self):
            raise IndexError(f"problem {index} of {len(self)}")
        return _unpacked(self._records[index % len(self)])

    def by_id(self, problem_id: str) -> Problem:
        """The problem of that id.

        Raises:
            KeyError: If the file has none.
        """
        return self[self._index[problem_id]]

    def __deepcopy__(self, memo: dict[int, object]) -> FileProblems:
        """Itself: Gymnasium copies the arguments of an environment each time its spec is looked at."""
        return self

    def __repr__(self) -> str:
        return f"FileProblems({str(self.path)!r}, {len(self)} problems)"


def _problem(row: Row) -> Problem:
    try:
        return Problem.from_row(row)
    except RecursionError:
        raise MalformedRow("a struct column is nested too deep") from None


_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def _packed(problem: Problem) -> bytes:
    return _ENCODE([getattr(problem, column) for column in COLUMNS]).encode()


def _unpacked(record: bytes) -> Problem:
    return Problem(**dict(zip(COLUMNS, json.loads(record), strict=True)))
