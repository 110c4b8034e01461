"""A lease on a remote run folder: who writes to it, as well as object stores allow.

An object `.lease.json` names the owner and is written again every few seconds. Who finds another's watches it:
if it moves, its owner lives; if it has stood still for as long as it says it holds, its owner is taken for dead.
Nobody's clock is compared with another's.

It is best effort. Two who begin within the same second can both believe to have it until the next beat, and an
owner cut off from the store for longer than the lease holds loses it to whoever asks. Neither destroys rows:
parts are only ever added, and two of one name are refused.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import threading
import time
from typing import Any

from genesys.errors import RunLocked, StorageError
from genesys.rollouts.remote_place import RemoteFolder

LEASE_FILE = ".lease.json"
SECONDS = 60.0
"""How long a lease holds that nobody renews."""

_BEATS = 4
_LEASELESS = frozenset({"hf"})
"""Protocols where every beat would be a commit."""

logger = logging.getLogger(__name__)


class Lease:
    """Holds a remote folder from construction to `release`.

    Args:
        folder: The remote folder.
        owner: Names this machine's copy of the run. Its lock is held, so a lease in its name is a dead one.
        seconds: How long it holds without being renewed.

    Raises:
        RunLocked: If somebody else holds it.
        StorageError: If the folder cannot be reached.
    """

    def __init__(self, folder: RemoteFolder, owner: str, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._seconds = seconds
        self._said = {"owner": owner, "host": platform.node(), "pid": os.getpid(), "seconds": seconds}
        self._beats = 0
        self._lost: str | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if folder.place.protocol in _LEASELESS:
            return
        self._wait_for_others()
        self._beat()
        self._thread = threading.Thread(target=self._keep, name="genesys-lease", daemon=True)
        self._thread.start()

    def _wait_for_others(self) -> None:
        first = self._read()
        if first is None or first.get("owner") == self._said["owner"]:
            return
        holds = float(first.get("seconds", self._seconds))
        logger.warning(
            "%s has a lease of %s: watching for %.0f s whether it lives",
            self._folder.place,
            _who(first),
            holds,
        )
        until = time.monotonic() + holds
        while time.monotonic() < until:
            time.sleep(min(holds / _BEATS, 5.0))
            now = self._read()
            if now is None:
                return
            if now != first:
                raise RunLocked(
                    f"{self._folder.place} is being written by {_who(now)}",
                    "Wait until it ends, or stop it; or choose another --out folder.",
                )

    def check(self) -> None:
        """Raises where the lease was lost.

        Raises:
            RunLocked: If somebody else has taken it.
        """
        if self._lost is not None:
            raise RunLocked(
                f"the lease on {self._folder.place} was lost to {self._lost}",
                "What is committed is in this machine's copy. Stop the other one, and run the same command again.",
            )

    def release(self) -> None:
        """Lets others write; idempotent. A store that cannot be reached keeps the lease until it runs out."""
        self._ended.set()
        if self._thread is None:
            return
        self._thread.join()
        self._thread = None
        try:
            if self._lost is None and (self._read() or {}).get("owner") == self._said["owner"]:
                self._folder.remove(LEASE_FILE)
        except StorageError as error:
            logger.warning("the lease stays for %.0f s: %s", self._seconds, error.fault)

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / _BEATS):
            try:
                there = self._read()
                if there is not None and there.get("owner") != self._said["owner"]:
                    self._lost = _who(there)
                    return
                self._beat()
            except StorageError as error:
                logger.warning("cannot renew the lease: %s", error.fault)

    def _beat(self) -> None:
        self._beats += 1
        self._folder.write(LEASE_FILE, json.dumps({**self._said, "beat": self._beats}).encode())

    def _read(self) -> dict[str, Any] | None:
        content = self._folder.read(LEASE_FILE)
        try:
            said = None if content is None else json.loads(content)
        except ValueError:
            return {}  # torn: somebody writes to it
        return said if isinstance(said, dict) or said is None else {}


def _who(said: dict[str, Any]) -> str:
    return f"process {said.get('pid')} on {said.get('host')}"
