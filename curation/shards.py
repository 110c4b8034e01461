"""Writing an output: ordered rows into Parquet files whose bytes depend on the rows alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from genesys.errors import StorageError

ROWS_PER_GROUP = 1024
BYTES_PER_SHARD = 512 << 20
_DICTIONARY = ("source", "task_type", "hf_dataset_name")


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One file of a dataset.

    Attributes:
        path: Relative to the dataset's folder, with slashes.
        rows: Of a Parquet file.
        size: In bytes.
        sha256: Of its bytes, as hex.
    """

    path: str
    rows: int
    size: int
    sha256: str


def write_shards(
    folder: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    bytes_per_shard: int = BYTES_PER_SHARD,
) -> list[DataFile]:
    """Writes batches into `folder/train-00000-of-0000N.parquet`, at least one file.

    How rows come in batches makes no difference: row groups have a fixed number of rows, and a shard ends
    with the row group with which it reaches its size.

    Raises:
        StorageError: If the disk refuses.
    """
    try:
        folder.mkdir(parents=True)
        counts = _write(folder, schema, batches, bytes_per_shard)
        return [_named(folder, number, len(counts), rows) for number, rows in enumerate(counts)]
    except OSError as error:
        raise StorageError(
            f"cannot write {folder}: {error}", "Free the disk, or choose another --out folder."
        ) from error


def _write(folder: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch], limit: int) -> list[int]:
    """Writes numbered files; returns their row counts."""
    groups = _groups(schema, batches)
    group = next(groups, None)
    counts: list[int] = []
    while group is not None or not counts:
        with (folder / str(len(counts))).open("wb") as file:
            counts.append(0)
            with _writer(file, schema) as writer:
                while group is not None and (counts[-1] == 0 or file.tell() < limit):
                    writer.write_table(group, row_group_size=ROWS_PER_GROUP)
                    counts[-1] += group.num_rows
                    group = next(groups, None)
            file.flush()
            os.fsync(file.fileno())
    return counts


def _groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= ROWS_PER_GROUP:
            table = pa.Table.from_batches(waiting, schema)
            yield table.slice(0, ROWS_PER_GROUP).combine_chunks()
            rest = table.slice(ROWS_PER_GROUP)
            waiting, rows = rest.to_batches(), rest.num_rows
    if rows:
        yield pa.Table.from_batches(waiting, schema).combine_chunks()


def _writer(file: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    dictionary = [name for name in _DICTIONARY if name in schema.names]
    return pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=dictionary)


def _named(folder: Path, number: int, total: int, rows: int) -> DataFile:
    """Gives a finished file the name by which loaders know its place."""
    path = folder / f"train-{number:05d}-of-{total:05d}.parquet"
    (folder / str(number)).rename(path)
    return describe(path, root=folder.parent, rows=rows)


def describe(path: Path, *, root: Path, rows: int = 0) -> DataFile:
    """A file's size and digest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return DataFile(
        path=path.relative_to(root).as_posix(), rows=rows, size=path.stat().st_size, sha256=digest
    )
