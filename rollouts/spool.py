"""The spool: where rows are durable before a Parquet part holds them.

A row is *committed* once it is here: SQLite in WAL mode with full synchronisation survives SIGKILL and a
power cut. It must lie on a local disk, since SQLite's locks do not hold on network file systems.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from genesys.errors import StorageError
from genesys.rollouts.durable import make_folder

OWNER = "run"
"""Kind of the one row that says whose rows a spool holds."""


class SpoolRow(NamedTuple):
    """A row to commit.

    Attributes:
        kind: "problems", "completions" or "scores".
        key: Its identity within the kind; a later row with the same key replaces it.
        row: Its columns, as JSON types.
    """

    kind: str
    key: str
    row: Mapping[str, Any]


class Spool:
    """Committed rows in insertion order, by kind. Use from one thread at a time.

    Args:
        path: The SQLite file; made with its folder if absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _storage_errors(path):
            make_folder(path.parent)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30.0)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, "
            "key TEXT NOT NULL, row TEXT NOT NULL, UNIQUE (kind, key))"
        )

    def commit(self, rows: Iterable[SpoolRow]) -> Counter[str]:
        """Makes rows durable, all or none; returns the characters written by kind.

        Raises:
            StorageError: If the disk refuses; nothing of this call is stored then.
        """
        packed = [(kind, key, json.dumps(row, ensure_ascii=False)) for kind, key, row in rows]
        with _storage_errors(self.path), self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO rows (kind, key, row) VALUES (?, ?, ?)", packed)
        written: Counter[str] = Counter()
        for kind, _, text in packed:
            written[kind] += len(text)
        return written

    def rows(self, kind: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Row id, key and columns of a kind, in insertion order."""
        with _storage_errors(self.path):
            yield from _select(self._db, kind)

    def keys(self, kind: str) -> set[str]:
        """The keys of a kind."""
        with _storage_errors(self.path):
            return {key for (key,) in self._db.execute("SELECT key FROM rows WHERE kind = ?", (kind,))}

    def sizes(self) -> Counter[str]:
        """Characters of JSON by kind."""
        query = "SELECT kind, sum(length(row)) FROM rows GROUP BY kind"
        with _storage_errors(self.path):
            return Counter(dict(self._db.execute(query)))

    def remove(self, kind: str, *, up_to: int) -> None:
        """Removes the rows of a kind that a part holds now."""
        with _storage_errors(self.path), self._transaction():
            self._db.execute("DELETE FROM rows WHERE kind = ? AND id <= ?", (kind, up_to))

    def remove_keys(self, kind: str, keys: Iterable[str]) -> None:
        """Removes rows by key."""
        with _storage_errors(self.path), self._transaction():
            self._db.executemany("DELETE FROM rows WHERE kind = ? AND key = ?", ((kind, key) for key in keys))

    def close(self, *, remove: bool = False) -> None:
        """Closes the file, and removes it where the caller knows that it is empty; idempotent.

        Raises:
            StorageError: If the disk refuses.
        """
        with _storage_errors(self.path):
            self._db.close()
            if remove:
                self.path.unlink(missing_ok=True)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # SQLite has rolled back by itself after some faults
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def read_spool(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The rows of a kind by key, read beside a writer; none where there is no spool.

    Raises:
        StorageError: If the file cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        with closing(sqlite3.connect(read_only_uri(path), uri=True)) as db:
            return {key: row for _, key, row in _select(db, kind)} if _has_table(db) else {}
    except sqlite3.DatabaseError as error:
        if not path.is_file():
            return {}  # its writer ended meanwhile: everything is in parts now
        raise StorageError(f"cannot read the spool {path}: {error}") from error


def read_only_uri(path: Path) -> str:
    """Opens for reading; a file that no writer has open needs no folder that may be written, either."""
    journal = path.with_name(f"{path.name}-wal")
    return f"{path.resolve().as_uri()}?mode=ro{'' if journal.exists() else '&immutable=1'}"


def _has_table(db: sqlite3.Connection) -> bool:
    """Whether the spool's maker came as far as its table; nothing was committed before."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'rows'").fetchone() is not None


def _select(db: sqlite3.Connection, kind: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for row_id, key, text in db.execute("SELECT id, key, row FROM rows WHERE kind = ? ORDER BY id", (kind,)):
        yield row_id, key, json.loads(text)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise StorageError(
            f"cannot use the spool {path}: {error}",
            "What was committed before is safe. Free the disk or fix its permissions, and run the same "
            "command again.",
        ) from error
