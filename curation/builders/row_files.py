"""Files that builders read rows from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from genesys.envs.sources.rows import Row, read_rows
from genesys.errors import ConfigurationError

ENDINGS = (".jsonl", ".jsonl.gz", ".json.gz", ".parquet")


def files_of(sources: Sequence[Path | str], endings: Sequence[str] = ENDINGS) -> Iterator[Path]:
    """The files named, and those with one of the endings of the folders named, in order of their names.

    Raises:
        ConfigurationError: If nothing is named, there is no such file, or a folder has none.
    """
    if not sources:
        raise ConfigurationError("no rows to build from", "Name files or folders with --source.")
    for source in map(Path, sources):
        if not source.is_dir():
            yield source
            continue
        found = sorted(path for path in source.rglob("*") if path.name.endswith(tuple(endings)))
        if not found:
            raise ConfigurationError(f"the folder {source} holds no file that ends in {', '.join(endings)}")
        yield from found


def rows_of(sources: Sequence[Path | str]) -> Iterator[tuple[Path, int, Row]]:
    """File, line and row of all the rows of JSONL, gzipped JSONL and Parquet files.

    Raises:
        ConfigurationError: If there is no such file.
        MalformedRow: If a line is no JSON object; the error names file and line.
    """
    for path in files_of(sources):
        for line, row in read_rows(path):
            yield path, line, row
