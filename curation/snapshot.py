"""What several runs hold at one moment: their parts, and the rows that are still in their spools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from genesys.errors import ConfigurationError
from genesys.rollouts.parts import part_files
from genesys.rollouts.remote_run import local_folder
from genesys.rollouts.run_reader import SCHEMAS, RunReader
from genesys.rollouts.spool import read_spool
from genesys.schema import canonical_json

KINDS = ("completions", "problems", "scores")
"""In the order in which they are read: a problem is committed with or before its first completion, so
that whoever reads it later finds it; a score that comes too late is a completion not scored yet."""

_SPOOLED = 1 << 62
"""Locations of spooled rows start here, above those of all parts: they are the later ones."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One Parquet part.

    Attributes:
        path: The file.
        run: Number of its run.
    """

    path: Path
    run: int


@dataclass(frozen=True, kw_only=True)
class Rows:
    """All rows of a kind: those in parts by path, those in spools as they are.

    Attributes:
        parts: Of all runs, oldest first within a run.
        spooled: With the columns `location` and `run` before those of the kind.
    """

    parts: tuple[Part, ...]
    spooled: pa.Table


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the runs hold.

    Attributes:
        runs: The runs; a run's number is its index here.
        rows: By kind.
    """

    runs: tuple[RunReader, ...]
    rows: dict[str, Rows]


def open_runs(folders: Sequence[Path | str]) -> tuple[RunReader, ...]:
    """Opens runs, each once, in an order that does not depend on the order they are given in.

    Raises:
        ConfigurationError: If a folder is no run, or there is none.
        DataError: If a newer genesys wrote one.
    """
    if not folders:
        raise ConfigurationError("no run is given", "Name at least one run folder.")
    # Parts are named to DuckDB by path and known again by it: the path must be the resolved one.
    readers = [RunReader(folder) for folder in sorted({local_folder(folder).resolve() for folder in folders})]
    return tuple(sorted(readers, key=lambda reader: canonical_json(reader.identity)))


def take_snapshot(runs: Sequence[RunReader]) -> Snapshot:
    """Reads the spools and lists the parts, also while a collector writes."""
    return Snapshot(runs=tuple(runs), rows={kind: _rows(kind, runs) for kind in KINDS})


def _rows(kind: str, runs: Sequence[RunReader]) -> Rows:
    parts: list[Part] = []
    spooled: list[pa.Table] = []
    for number, run in enumerate(runs):
        # The spool comes first: a row that moves to a part meanwhile is then seen twice, not never.
        rows = list(read_spool(run.spool_path, kind).values())
        table = pa.Table.from_pylist(rows, schema=SCHEMAS[kind])
        spooled.append(table.add_column(0, "run", pa.array([number] * len(rows), pa.int32())))
        parts += [
            Part(path=path, run=number) for folder in _folders(kind, run) for path in part_files(folder)
        ]
    together = pa.concat_tables(spooled)
    locations = pa.array(range(_SPOOLED, _SPOOLED + together.num_rows), pa.int64())
    return Rows(parts=tuple(parts), spooled=together.add_column(0, "location", locations))


def _folders(kind: str, run: RunReader) -> list[Path]:
    if kind != "scores":
        return [run.part_folder(kind)]
    return sorted(folder for folder in (run.folder / "scores").glob("*") if folder.is_dir())
