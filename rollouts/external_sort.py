"""Sorting rows that memory does not hold: sorted runs on disk, merged as they are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

BUDGET = 256 << 20
"""Bytes of rows that are sorted in memory at once."""

_FAN_IN = 200
_BATCH_BYTES = 256 << 10
_SEPARATOR = "|"
_KEY, _ORIGIN = "__key", "__origin"


class Sorted(NamedTuple):
    """A row in its order.

    Attributes:
        key: What it is sorted by.
        origin: Which input it came from; equal keys are in the order of their inputs.
        row: Its columns.
    """

    key: str
    origin: int
    row: dict[str, Any]


class ExternalSort:
    """Takes rows of one schema, and gives them back by key; at most `budget` bytes of them are in memory.

    Args:
        folder: Takes the sorted runs; the caller removes it.
        columns: The columns that make up a row's key; none may be null.
        budget: Bytes that are sorted at once.
    """

    def __init__(self, folder: Path, columns: tuple[str, ...], budget: int = BUDGET) -> None:
        self._folder = folder
        self._columns = columns
        self._budget = budget
        self._pending: list[pa.RecordBatch] = []
        self._bytes = 0
        self._runs: list[Path] = []
        self._made = 0
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, batch: pa.RecordBatch, origin: int) -> None:
        """Takes rows of one input; inputs come one after the other, from the first."""
        keys = pc.binary_join_element_wise(*(batch.column(name) for name in self._columns), _SEPARATOR)
        batch = batch.append_column(_KEY, keys)
        self._pending.append(batch.append_column(_ORIGIN, pa.array([origin] * batch.num_rows, pa.int32())))
        self._bytes += batch.nbytes
        if self._bytes >= self._budget:
            self._spill()

    def rows(self) -> Iterator[Sorted]:
        """All rows by key, those of one key by origin; to be called once."""
        self._spill()
        while len(self._runs) > _FAN_IN:
            few, self._runs = self._runs[:_FAN_IN], self._runs[_FAN_IN:]
            self._rewrite(few)
        return _merged(self._runs)

    def _spill(self) -> None:
        if not self._pending:
            return
        table = pa.Table.from_batches(self._pending)
        self._pending, self._bytes = [], 0
        table = table.sort_by([(_KEY, "ascending"), (_ORIGIN, "ascending")])
        rows = max(1, table.num_rows * _BATCH_BYTES // max(table.nbytes, 1))
        with pa.OSFile(str(self._next_run()), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=rows)

    def _rewrite(self, runs: list[Path]) -> None:
        """Makes one sorted run of several."""
        with pa.memory_map(str(runs[0])) as file:
            schema = pa.ipc.open_file(file).schema
        with pa.OSFile(str(self._next_run()), "wb") as out, pa.ipc.new_file(out, schema) as writer:
            batch: list[dict[str, Any]] = []
            for key, origin, row in _merged(runs):
                batch.append({**row, _KEY: key, _ORIGIN: origin})
                if len(batch) >= 64:
                    writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
                    batch = []
            if batch:
                writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
        for run in runs:
            run.unlink()

    def _next_run(self) -> Path:
        self._made += 1
        self._runs.append(self._folder / f"run-{self._made:06d}.arrow")
        return self._runs[-1]


def _merged(runs: list[Path]) -> Iterator[Sorted]:
    return heapq.merge(*map(_read, runs), key=lambda one: (one.key, one.origin))


def _read(run: Path) -> Iterator[Sorted]:
    with pa.OSFile(str(run), "rb") as file:
        reader = pa.ipc.open_file(file)
        for place in range(reader.num_record_batches):
            for row in reader.get_batch(place).to_pylist():
                yield Sorted(row.pop(_KEY), row.pop(_ORIGIN), row)
