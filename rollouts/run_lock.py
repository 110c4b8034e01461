"""One writer a run: an advisory lock that the system releases when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import platform
from pathlib import Path

from genesys.errors import RunLocked, StorageError


class RunLock:
    """Holds the run folder's lock from construction to `release`.

    Raises:
        RunLocked: If another process holds it; the error says which.
        StorageError: If the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / ".lock"
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StorageError(
                f"cannot write in {folder}: {error}", "Choose another --out folder."
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._fd, 200).decode(errors="replace")
            os.close(self._fd)
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
