"""Parquet parts: written aside, synchronised, renamed; a part that has its name is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from genesys.errors import DataError, StorageError

_PATTERN = "part-*.parquet"
_GROUP_BYTES = 8 << 20


def part_files(folder: Path) -> list[Path]:
    """The parts of a folder, oldest first."""
    return sorted(folder.glob(_PATTERN))


def write_part(folder: Path, table: pa.Table) -> Path:
    """Writes the next part of a folder, durably.

    Raises:
        StorageError: If the disk refuses; no part is left behind then.
    """
    parts = part_files(folder)
    number = int(parts[-1].stem.removeprefix("part-")) + 1 if parts else 0
    target = folder / f"part-{number:05d}.parquet"
    aside = folder / f".{target.name}.writing"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            pq.write_table(table, file, compression="zstd", row_group_size=_rows_per_group(table))
            file.flush()
            os.fsync(file.fileno())
        aside.rename(target)
        sync_folder(folder)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise StorageError(
            f"cannot write {target}: {error}",
            "The rows stay in the spool. Free the disk or fix its permissions, and run the command again.",
        ) from error
    return target


def _rows_per_group(table: pa.Table) -> int:
    """Groups of some megabytes: who streams a part holds one group in memory."""
    return int(max(64, table.num_rows * _GROUP_BYTES // max(table.nbytes, 1)))


def sync_folder(folder: Path) -> None:
    """Makes a rename within a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_unfinished(folder: Path) -> None:
    """Removes what a killed writer left aside; its rows are in the spool still."""
    for aside in folder.glob(".part-*.writing"):
        aside.unlink()


def read_parts(folder: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of all parts, in order, by batches.

    Raises:
        DataError: If a part is damaged; the error names it.
    """
    for part in part_files(folder):
        try:
            with pq.ParquetFile(part) as file:
                yield from file.iter_batches(batch_size=8192, columns=columns)
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"cannot read {part}: {error}", "Restore it from a copy, or move it away."
            ) from error
