"""One writer a run: an advisory lock that the system releases when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import platform
from pathlib import Path

from genesys.errors import RunLocked
from genesys.rollouts.durable import storage_errors

LOCK_FILE = ".lock"


class RunLock:
    """Holds the run folder's lock from construction to `release`.

    Raises:
        RunLocked: If another process holds it; the error says which.
        StorageError: If the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._fd = -1
        with storage_errors(f"cannot write in {folder}", "Choose another --out folder."):
            self._fd = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                self._take(folder)
            except BaseException:
                self.release()
                raise

    def _take(self, folder: Path) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._fd, 200).decode(errors="replace")
            raise RunLocked(
                f"{folder} is being written by another process: {holder or 'unknown'}",
                "Wait until it ends, or stop it; or choose another --out folder.",
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, json.dumps({"pid": os.getpid(), "host": platform.node()}).encode(), 0)

    def release(self) -> None:
        """Lets another process write; idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
