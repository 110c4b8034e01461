"""The spool: whether it is a sound database, and what can be read of one that is not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genesys.rollouts.durable import sync_folder
from genesys.rollouts.run_reader import KEYS, key_of
from genesys.rollouts.spool import OWNER, Spool, SpoolRow, read_only_uri

_TRIES = 100_000
"""Row ids tried beyond the last one that could be read."""


@dataclass(kw_only=True)
class SpoolContent:
    """What a spool holds.

    Attributes:
        path: Its file.
        fault: Why it is no sound database; None where it is, or where there is none.
        rows: Kind -> its rows, in the order they were committed.
        owner: The identity of the run whose rows these are, where it says so.
        bad: Rows that are none, as they stand, with what is wrong with each.
        drop: Kind -> keys of rows that do not belong in it, found by who holds rows against each other.
    """

    path: Path
    fault: str | None = None
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in KEYS})
    owner: dict[str, Any] | None = None
    bad: list[tuple[tuple[Any, ...], str]] = field(default_factory=list)
    drop: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KEYS})

    @property
    def is_bad(self) -> bool:
        """Whether it has to be written anew."""
        return self.fault is not None or bool(self.bad) or any(self.drop.values())


def read_content(path: Path) -> SpoolContent:
    """Reads a spool, also one that is damaged: then whatever of it can be read."""
    content = SpoolContent(path=path)
    if not path.is_file():
        return content
    try:
        with closing(sqlite3.connect(read_only_uri(path), uri=True)) as db:
            content.fault = _fault(db)
            for found in _rows(db, content):
                _sort_in(content, found)
    except sqlite3.DatabaseError as error:
        content.fault = content.fault or str(error)
    return content


def _fault(db: sqlite3.Connection) -> str | None:
    try:
        said = [line for (line,) in db.execute("PRAGMA integrity_check(3)")]
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if said == ["ok"] else " ".join("; ".join(said).split())[:300]


def _rows(db: sqlite3.Connection, content: SpoolContent) -> Iterator[tuple[Any, ...]]:
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'rows'").fetchone() is None:
        return
    if content.fault is None:
        yield from db.execute("SELECT kind, key, row FROM rows ORDER BY id")
        return
    yield from _rows_around_damage(db)


def _rows_around_damage(db: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """Row after row by id, stepping over what cannot be read."""
    last, tried = 0, 0
    while tried < _TRIES:
        try:
            query = "SELECT id, kind, key, row FROM rows NOT INDEXED WHERE id > ? ORDER BY id LIMIT 1"
            found = db.execute(query, (last,)).fetchone()
        except sqlite3.DatabaseError:
            last, tried = last + 1, tried + 1
            continue
        if found is None:
            return
        last, tried = found[0], 0
        yield found[1:]


def _sort_in(content: SpoolContent, found: tuple[Any, ...]) -> None:
    kind, key, text = found
    try:
        row = json.loads(text)
        if kind == OWNER:
            content.owner = row
        elif key_of(kind, row) != key:
            content.bad.append((found, f"its key is {key!r} and its columns say {key_of(kind, row)!r}"))
        else:
            content.rows[kind].append(row)
    except (ValueError, TypeError, KeyError) as error:
        content.bad.append((found, f"it is no row: {error!r}"))


def mended_of(path: Path) -> Path:
    """Where the new spool lies, whole, until it has taken the old one's place."""
    return path.with_name(f".{path.name}.mended")


def write_anew(content: SpoolContent) -> None:
    """Writes what is sound of a spool into a new one beside it, whole or not at all.

    Raises:
        StorageError: If the disk refuses.
    """
    mended = mended_of(content.path)
    fresh = mended.with_suffix(".mending")
    for file in _files(fresh):
        file.unlink(missing_ok=True)
    kept = [
        SpoolRow(kind, key_of(kind, row), row)
        for kind, rows in content.rows.items()
        for row in rows
        if key_of(kind, row) not in content.drop[kind]
    ]
    owner = [] if content.owner is None else [SpoolRow(OWNER, "identity", content.owner)]
    spool = Spool(fresh)
    try:
        spool.commit([*owner, *kept])
    finally:
        spool.close()
    fresh.rename(mended)
    sync_folder(mended.parent)


def replace_with_mended(path: Path) -> None:
    """Puts the new spool in the old one's place; the old one's journal first, or it would be played into it."""
    if mended_of(path).exists():
        for file in reversed(_files(path)):
            file.unlink(missing_ok=True)
        sync_folder(path.parent)
        mended_of(path).rename(path)
        sync_folder(path.parent)


def _files(path: Path) -> list[Path]:
    """A database with its journal and its shared memory."""
    return [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm")]
