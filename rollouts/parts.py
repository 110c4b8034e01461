"""Parquet parts: written aside, synchronised, renamed; a part that has its name is whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from genesys.errors import DataError
from genesys.rollouts.durable import ASIDE, make_folder, storage_errors, written_aside

_PATTERN = "part-*.parquet"
_GROUP_BYTES = 8 << 20
_LONG = ("text", "prompt", "token_ids", "logprobs", "messages")
_REMEDY = "The rows stay in the spool. Free the disk or fix its permissions, and run the command again."


def part_files(folder: Path) -> list[Path]:
    """The parts of a folder, oldest first."""
    return sorted(folder.glob(_PATTERN))


def next_part(folder: Path) -> Path:
    """The name of the part that is written next."""
    parts = part_files(folder)
    number = int(parts[-1].stem.removeprefix("part-")) + 1 if parts else 0
    return folder / f"part-{number:05d}.parquet"


def write_part(folder: Path, table: pa.Table) -> Path:
    """Writes the next part of a folder, durably.

    Raises:
        StorageError: If the disk refuses; no part is left behind then.
    """
    target = next_part(folder)
    with storage_errors(f"cannot write {target}", _REMEDY):
        make_folder(folder)
        with written_aside(target) as file:
            write_table(table, file)
    return target


def write_table(table: pa.Table, file: IO[bytes]) -> None:
    """Writes the content of a part, with a checksum of every page."""
    pq.write_table(
        table,
        file,
        compression="zstd",
        row_group_size=_rows_per_group(table),
        write_page_checksum=True,
        # The smallest and the largest text of each group would stand in the file again, and help nobody.
        write_statistics=[name for name in table.column_names if name not in _LONG],
    )


def _rows_per_group(table: pa.Table) -> int:
    """Groups of some megabytes: who streams a part holds one group in memory."""
    return int(max(64, table.num_rows * _GROUP_BYTES // max(table.nbytes, 1)))


def unfinished_parts(folder: Path) -> list[Path]:
    """What a killed writer left aside; its rows are in the spool still."""
    return sorted(folder.glob(f".part-*{ASIDE}"))


def remove_unfinished(folder: Path) -> None:
    """Removes what a killed writer left aside.

    Raises:
        StorageError: If the disk refuses.
    """
    with storage_errors(f"cannot tidy {folder}", "Fix its permissions, and run the command again."):
        for aside in unfinished_parts(folder):
            aside.unlink()


def read_parts(folder: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of all parts, in order, by batches.

    Raises:
        DataError: If a part is damaged; the error names it.
    """
    for part in part_files(folder):
        yield from read_part(part, columns)


def read_part(part: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of one part, by batches.

    Raises:
        DataError: If it is damaged; the error names it.
    """
    try:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(batch_size=8192, columns=columns):
                yield batch.replace_schema_metadata(None)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"cannot read {part}: {error}",
            "Restore it from a copy, or see what can be saved with: genesys fsck RUN",
        ) from error
