"""Making the rows of all outputs, bucket by bucket, and writing them in the order of places."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import local
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from genesys.curation.buckets import BYTES_PER_BUCKET, Buckets, fill_buckets
from genesys.curation.lake import Lake
from genesys.curation.layouts.columns import TextTable
from genesys.curation.out_folder import Workplace
from genesys.curation.recipe import Output
from genesys.curation.shards import DataFile, ShardWriter

_KEY = "bucket_place"

_AHEAD = 2
"""Buckets that are made or wait to be written while one is written."""

_DECIDED_AT_ONCE = 32
"""Buckets whose narrow rows are fetched together: each fetch looks through all of them."""

Shaped = dict[str, list[pa.RecordBatch]]


def write_outputs(
    lake: Lake,
    outputs: Sequence[Output],
    place: Workplace,
    *,
    threads: int = 1,
    bytes_per_bucket: int = BYTES_PER_BUCKET,
) -> dict[str, list[DataFile]]:
    """Writes the outputs that were sifted; the runs' texts are read once for all of them.

    Args:
        lake: With `candidate`, and `kept_<output>` or `selected_<output>` of each output.
        outputs: What to write.
        place: Where to.
        threads: How many parts are read, and buckets made, at once.
        bytes_per_bucket: About how much text a bucket holds.

    Returns:
        The files of each output.
    """
    lake.execute(f"CREATE OR REPLACE TEMP TABLE needed AS {_needed(outputs)}")
    buckets = fill_buckets(lake, place.spill / "buckets", threads=threads, bytes_per_bucket=bytes_per_bucket)
    writers = {
        output.name: ShardWriter(place.dataset / output.name, output.layout.schema) for output in outputs
    }
    with ExitStack() as stack:
        for writer in writers.values():
            stack.callback(writer.close)
        shaper = stack.enter_context(_Shaper(lake, outputs, buckets, place.spill))
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=threads))
        queue = _Writing(stack.enter_context(ThreadPoolExecutor(max_workers=len(writers))), writers)
        waiting: deque[Future[Shaped]] = deque()
        for number, decided in enumerate(shaper.decided()):
            waiting.append(pool.submit(shaper.shape, number, decided))
            if len(waiting) > _AHEAD:
                queue.write(waiting.popleft().result())
        while waiting:
            queue.write(waiting.popleft().result())
        return queue.finish()


def _needed(outputs: Sequence[Output]) -> str:
    """SQL of all places of which an output needs the text."""
    parts = [
        f"SELECT unnest(places) AS place FROM selected_{output.name} WHERE reason IS NULL"
        if output.layout.selected
        else f"SELECT place FROM kept_{output.name}"
        for output in outputs
    ]
    return " UNION ".join(parts)


def _between(table: pa.Table, first: int, last: int) -> pa.Table:
    start, end = np.searchsorted(table.column(_KEY).to_numpy(), [first, last + 1]).tolist()
    return table.slice(start, end - start).drop_columns(_KEY)


def _rows_of(output: Output, bench: Lake, texts: TextTable) -> list[pa.RecordBatch]:
    table = bench.table(output.layout.query(output.name))
    keys = [(name, "ascending") for name in ("place", "rank") if name in table.column_names]
    ordered = table.take(pc.sort_indices(table, sort_keys=keys)).combine_chunks()
    return [output.layout.finish(batch, texts) for batch in ordered.to_batches()]


class _Writing:
    """Writes each output in a thread of its own, one bucket at a time and in order."""

    def __init__(self, pool: ThreadPoolExecutor, writers: dict[str, ShardWriter]) -> None:
        self._pool = pool
        self._writers = writers
        self._running: list[Future[None]] = []

    def write(self, shaped: Shaped) -> None:
        self.wait()
        self._running = [
            self._pool.submit(self._writers[name].add, batches) for name, batches in shaped.items()
        ]

    def finish(self) -> dict[str, list[DataFile]]:
        """Ends all outputs, at once: each is made durable and read again for its digest."""
        self.wait()
        ending = {name: self._pool.submit(writer.finish) for name, writer in self._writers.items()}
        return {name: future.result() for name, future in ending.items()}

    def wait(self) -> None:
        for future in self._running:
            future.result()
        self._running = []


class _Shaper:
    """Makes the rows of one bucket after another, with a small DuckDB for each thread.

    A layout's query finds the same names there as in the lake, with the rows of the bucket alone.
    """

    def __init__(self, lake: Lake, outputs: Sequence[Output], buckets: Buckets, spill: Path) -> None:
        self._lake = lake
        self._outputs = outputs
        self._buckets = buckets
        self._spill = spill
        self._stack = ExitStack()
        self._local = local()

    def decided(self) -> Iterator[dict[str, pa.Table]]:
        """The narrow tables of each bucket in turn; from the lake's own thread."""
        bounds = list(self._buckets.bounds())
        for start in range(0, len(bounds), _DECIDED_AT_ONCE):
            some = bounds[start : start + _DECIDED_AT_ONCE]
            tables = {
                name: self._span(name, key, some[0][0], some[-1][1]) for name, key in self._keys().items()
            }
            for first, last in some:
                yield {name: _between(table, first, last) for name, table in tables.items()}

    def _keys(self) -> dict[str, str]:
        """Narrow table -> the place by which its rows belong to a bucket."""
        return {"candidate": "place"} | {
            f"selected_{output.name}" if output.layout.selected else f"kept_{output.name}": (
                "places[1]" if output.layout.selected else "place"
            )
            for output in self._outputs
        }

    def _span(self, table: str, key: str, first: int, last: int) -> pa.Table:
        return self._lake.table(
            f"SELECT *, {key} AS {_KEY} FROM {table} WHERE {key} BETWEEN {first} AND {last} ORDER BY {_KEY}"
        )

    def shape(self, number: int, decided: dict[str, pa.Table]) -> Shaped:
        """The rows of all outputs, in order."""
        bench = self._bench()
        tables = decided | {view: self._rows(view, number) for view in self._lake.views}
        texts = TextTable(tables["completion_row"])
        tables["completion_row"] = tables["completion_row"].drop_columns("text")
        for name, table in tables.items():
            bench.connection.register(name, table)
        shaped = {output.name: _rows_of(output, bench, texts) for output in self._outputs}
        for name in tables:
            bench.connection.unregister(name)
        return shaped

    def _rows(self, view: str, number: int) -> pa.Table:
        rows, columns = self._lake.views[view]
        found = self._buckets.take(view, number)
        return rows.spooled.select(["location", *columns]).schema.empty_table() if found is None else found

    def _bench(self) -> Lake:
        if not hasattr(self._local, "bench"):
            self._local.bench = Lake(self._spill, threads=1)
            self._stack.callback(self._local.bench.close)
        bench: Lake = self._local.bench
        return bench

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
