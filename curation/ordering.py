"""Putting rows with long texts in order, with a few of them in memory at a time.

DuckDB's sort wants to hold what it merges; rows of tens of kilobytes do not fit. The place of each row is
known beforehand, so that one pass deals the rows into buckets of neighbouring places, on disk, and each
bucket is then sorted in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from genesys.curation.lake import Lake

BYTES_PER_BUCKET = 64 << 20
MAX_BUCKETS = 256
"""All are open at once, and a process may open about a thousand files."""

_STARTS = """
SELECT min(place) FROM (SELECT place, sum(size) OVER (ORDER BY place) // {limit} AS bucket FROM candidate)
GROUP BY bucket ORDER BY 1
"""


def in_order(
    lake: Lake, query: str, folder: Path, *, bytes_per_bucket: int = BYTES_PER_BUCKET
) -> Iterator[pa.RecordBatch]:
    """The rows of a query in the order of its column `place`, which holds places of `candidate`.

    Args:
        lake: With the table `candidate`.
        query: The rows, in any order; no place twice.
        folder: For the buckets, which are removed as they are read.
        bytes_per_bucket: About how much is sorted in memory.
    """
    size = lake.number("SELECT coalesce(sum(size), 0) FROM candidate")
    limit = max(bytes_per_bucket, size // (MAX_BUCKETS - 1) + 1)
    starts = [start for (start,) in lake.rows(_STARTS.format(limit=limit))]
    if len(starts) <= 1:
        batches = list(lake.batches(query))
        yield from _sorted(batches)
        return
    folder.mkdir(parents=True, exist_ok=True)
    paths = _deal(lake, query, folder, starts)
    for path in paths:
        if path.exists():
            with pa.ipc.open_stream(path) as reader:
                batches = list(reader)
            path.unlink()
            yield from _sorted(batches)


def _sorted(batches: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if batches:
        yield from pa.Table.from_batches(batches).sort_by("place").to_batches()


def _deal(lake: Lake, query: str, folder: Path, starts: Sequence[int]) -> list[Path]:
    """Writes each row to the bucket of its place."""
    paths = [folder / f"bucket-{number:03d}" for number in range(len(starts))]
    writers: dict[int, pa.RecordBatchWriter] = {}
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with ExitStack() as stack:
        for batch in lake.batches(query):
            ordered = batch.take(pc.sort_indices(batch.column("place")))
            bounds = np.searchsorted(ordered.column("place").to_numpy(), [*starts, starts[-1] + 2**62])
            for number in np.flatnonzero(np.diff(bounds)).tolist():
                if number not in writers:
                    writer = pa.ipc.new_stream(paths[number], batch.schema, options=options)
                    writers[number] = stack.enter_context(writer)
                writers[number].write_batch(
                    ordered.slice(bounds[number], bounds[number + 1] - bounds[number])
                )
    return paths
