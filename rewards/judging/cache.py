"""Judgements on disk, by the content of what was asked: the same question is never asked twice.

One SQLite file in WAL mode, safe for many threads and processes. A judgement is stored once: where two
processes have asked the same question at the same time, the first to store wins and both use what is stored,
so that a question has one answer at every door. Only judgements are stored, never failures.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError

logger = logging.getLogger(__name__)

FILE = "judgements.sqlite"
_BUSY_SECONDS = 30.0
_TABLE = """
CREATE TABLE IF NOT EXISTS judgements (
    key TEXT PRIMARY KEY, judgement TEXT NOT NULL, model TEXT NOT NULL, rubric TEXT NOT NULL,
    reply TEXT NOT NULL, stored_at REAL NOT NULL
) WITHOUT ROWID
"""


class JudgementCache:
    """The judgements of one folder, on a local disk.

    Args:
        folder: Where; it is made.

    Raises:
        ConfigurationError: If nothing can be kept there.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing
            self._database.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError(
                f"judgements cannot be kept in {str(folder)!r}: {error}",
                "Name another folder on a local disk: GENESYS_CACHE, or folder in [cache] of the judge's file.",
            ) from None

    def get(self, key: str) -> dict[str, Any] | None:
        """The judgement of a question, or None."""
        try:
            with self._lock:
                row = self._database.execute(
                    "SELECT judgement FROM judgements WHERE key = ?", (key,)
                ).fetchone()
            return None if row is None else dict(json.loads(row[0]))
        except (sqlite3.Error, ValueError) as error:  # a judge can be asked without a cache
            logger.warning("the cache of judgements at %s cannot be read: %s", self.path, error)
            return None

    def put(
        self, key: str, judgement: dict[str, Any], *, model: str, rubric: str, reply: str
    ) -> dict[str, Any]:
        """Stores a judgement and returns the one that counts: another process's, if that was first."""
        row = (key, json.dumps(judgement), model, rubric, reply, time.time())
        try:
            with self._lock:
                self._database.execute("INSERT OR IGNORE INTO judgements VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            logger.warning("a judgement cannot be kept at %s: %s", self.path, error)
            return judgement
        return self.get(key) or judgement

    def __len__(self) -> int:
        with self._lock:
            count: int = self._database.execute("SELECT count(*) FROM judgements").fetchone()[0]
        return count

    def close(self) -> None:
        """Closes the file; idempotent."""
        with self._lock:
            self._database.close()
