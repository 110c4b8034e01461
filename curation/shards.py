"""Writing an output: ordered rows into Parquet files whose bytes depend on the rows alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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


class ShardWriter:
    """Writes rows, in the order they come, into `folder/train-00000-of-0000N.parquet`; at least one file.

    How rows come in batches makes no difference: row groups have a fixed number of rows, and a shard ends
    with the row group with which it reaches its size.

    Args:
        folder: Made here.
        schema: Of the rows.
        bytes_per_shard: About the size of a file.
    """

    def __init__(self, folder: Path, schema: pa.Schema, *, bytes_per_shard: int = BYTES_PER_SHARD) -> None:
        self._folder = folder
        self._schema = schema
        self._limit = bytes_per_shard
        self._waiting: list[pa.RecordBatch] = []
        self._counts: list[int] = []
        self._file: BinaryIO | None = None
        self._writer: pq.ParquetWriter | None = None
        with self._storage_errors():
            folder.mkdir(parents=True)

    def add(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Writes the row groups that are full now.

        Raises:
            StorageError: If the disk refuses.
        """
        self._waiting += [batch for batch in batches if batch.num_rows]
        if sum(batch.num_rows for batch in self._waiting) < ROWS_PER_GROUP:
            return
        table = pa.Table.from_batches(self._waiting, self._schema)
        full = table.num_rows - table.num_rows % ROWS_PER_GROUP
        for start in range(0, full, ROWS_PER_GROUP):
            self._write(table.slice(start, ROWS_PER_GROUP))
        self._waiting = table.slice(full).to_batches()

    def finish(self) -> list[DataFile]:
        """Writes the rest, and gives the files their names.

        Raises:
            StorageError: If the disk refuses.
        """
        if self._waiting or not self._counts:
            self._write(pa.Table.from_batches(self._waiting, self._schema))
        with self._storage_errors():
            self._end_file()
            total = len(self._counts)
            return [_named(self._folder, number, total, rows) for number, rows in enumerate(self._counts)]

    def close(self) -> None:
        """Lets go of an unfinished file; idempotent."""
        if self._file is not None:
            self._file.close()

    def _write(self, group: pa.Table) -> None:
        with self._storage_errors():
            if self._writer is None or self._file is None:
                self._file = (self._folder / str(len(self._counts))).open("wb")
                self._writer = _writer(self._file, self._schema)
                self._counts.append(0)
            if group.num_rows:
                self._writer.write_table(group.combine_chunks(), row_group_size=ROWS_PER_GROUP)
            self._counts[-1] += group.num_rows
            if self._file.tell() >= self._limit:
                self._end_file()

    def _end_file(self) -> None:
        if self._writer is not None and self._file is not None:
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._writer = self._file = None

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"cannot write {self._folder}: {error}", "Free the disk, or choose another --out folder."
            ) from error


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
