"""Rows of a file, one at a time: the only place that opens other people's JSONL and Parquet.

    for line, row in read_rows("problems.jsonl.gz"):
        problem = Problem.from_row(row)

A file's first bytes say what it is, not its name: Parquet, gzip, or one JSON object a line.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

from genesys.errors import ConfigurationError, DataError, MalformedRow

Row = dict[str, Any]

BATCH_ROWS = 1024
"""Rows of a Parquet file that are in memory at a time, besides what the caller keeps."""

_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"


def read_rows(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    on_malformed: Callable[[MalformedRow], None] | None = None,
) -> Iterator[tuple[int, Row]]:
    """Reads the rows of a JSONL, gzipped JSONL or Parquet file, or of a JSON array of objects.

    Args:
        path: The file.
        columns: Columns the caller looks at. Parquet reads only these (those it has); JSONL rows come
            whole.
        on_malformed: Gets the error of each line that is no JSON object, and reading goes on after it;
            None raises it.

    Yields:
        The row's number in the file, from 1 (its line, in JSONL; blank lines count and yield nothing),
        and the row. A lone surrogate, which no UTF-8 file can hold, comes as U+FFFD.

    Raises:
        ConfigurationError: If there is no such file or it cannot be opened.
        MalformedRow: If a line is no JSON object; the error names file and line.
        DataError: If the file is damaged as a whole: a cut gzip stream, a broken Parquet footer.
    """
    with open_file(path) as file:
        magic = file.read(4)
        file.seek(0)
        if magic == _PARQUET:
            yield from _parquet_rows(file, path, columns)
            return
        if magic.lstrip()[:1] == b"[":
            yield from _array_rows(file, path)
            return
        if magic.startswith(_GZIP):
            lines = _lines(cast("IO[bytes]", gzip.GzipFile(fileobj=file)), path)
        else:
            lines = _lines(file, path)
        for number, line in lines:
            try:
                yield number, _parse_line(line)
            except MalformedRow as error:
                located = located_error(path, number, error)
                if on_malformed is None:
                    raise located from None
                on_malformed(located)


def open_file(path: str | Path) -> BufferedReader:
    """Opens a data file for reading.

    Raises:
        ConfigurationError: If there is no such file, it is a folder, or it cannot be read.
    """
    try:
        return Path(path).open("rb")
    except FileNotFoundError:
        raise ConfigurationError(f"there is no file {str(path)!r}", _near_names(Path(path))) from None
    except IsADirectoryError:
        raise ConfigurationError(f"{str(path)!r} is a folder", "Name one file in it.") from None
    except OSError as error:
        raise ConfigurationError(f"{str(path)!r} cannot be read: {error.strerror}") from None


def located_error(path: str | Path, number: int, error: MalformedRow) -> MalformedRow:
    """The error of a row with its file and line in front."""
    remedy = error.remedy or "Repair the row, or leave such rows out with --skip-malformed."
    return MalformedRow(f"{location(path, number)}: {error.fault}", remedy)


def location(path: str | Path, number: int) -> str:
    """How errors name a row: `file:line`."""
    return f"{path}:{number}"


def _near_names(path: Path) -> str | None:
    from difflib import get_close_matches

    if not path.parent.is_dir():
        return f"The folder {str(path.parent)!r} does not exist either."
    near = get_close_matches(path.name, (entry.name for entry in path.parent.iterdir()), n=1)
    return f"Did you mean {str(path.with_name(near[0]))!r}?" if near else None


def _lines(file: IO[bytes], path: str | Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        for number, line in enumerate(file, start=1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.isspace():
                yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error, OSError) as error:
        fault = f"{location(path, number + 1)}: the file is damaged from here on: {error}"
        raise DataError(fault, "Fetch the file again.") from None


def _array_rows(file: IO[bytes], path: str | Path) -> Iterator[tuple[int, Row]]:
    """The objects of one JSON array, which is read whole; numbers count from 1."""
    try:
        rows = json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise MalformedRow(f"{path} begins as a JSON array and is none: {error}") from None
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise MalformedRow(f"{location(path, number)}: the array holds a JSON {type(row).__name__}")
        yield number, row


def _parse_line(line: bytes) -> Row:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedRow(f"the line is no UTF-8: {error.reason} at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise MalformedRow(f"the line is no JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:  # integers of thousands of digits, brackets without end
        raise MalformedRow(f"the line is no JSON that can be read: {error}") from None
    if not isinstance(row, dict):
        raise MalformedRow(f"the line holds a JSON {type(row).__name__}, not an object")
    return cast("Row", _without_lone_surrogates(row)) if b"\\ud" in line.lower() else row


def _without_lone_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_lone_surrogates(key): _without_lone_surrogates(item) for key, item in value.items()}
    return value


def _parquet_rows(
    file: IO[bytes], path: str | Path, columns: Sequence[str] | None
) -> Iterator[tuple[int, Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        table = pq.ParquetFile(file)
        held = None if columns is None else [name for name in columns if name in table.schema_arrow.names]
        for batch in table.iter_batches(BATCH_ROWS, columns=held):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        fault = f"{location(path, number + 1)}: the Parquet file is damaged: {error}"
        raise DataError(fault, "Fetch the file again.") from None
