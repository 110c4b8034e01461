"""Writing and reading runs wherever they lie: `opened_place` for who writes, `local_folder` for who reads.

A run at a URL is collected into a copy on this machine, where its spool is, too; closed parts are sent as they
are made, by a thread that nothing waits for. A store that cannot be reached stops no harvest: what could not be
sent is sent later, at the latest by the next call.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genesys.errors import ConfigurationError, RunLocked, StorageError
from genesys.rollouts.local_disk import check_local
from genesys.rollouts.remote_lease import SECONDS, Lease
from genesys.rollouts.remote_mirror import Mirror
from genesys.rollouts.remote_place import RemotePlace, is_remote
from genesys.rollouts.run_file import RUN_FILE
from genesys.rollouts.run_lock import RunLock

FLUSH_SECONDS = 600.0
"""Committed rows become a part, and are sent, after so long at the latest."""

_PAUSES = (1.0, 4.0, 15.0)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OpenedPlace:
    """Where a run is written, on this machine.

    Attributes:
        folder: The run folder.
        on_part: To be called with each part that has been written.
        flush_seconds: After how long rows should become a part; None leaves that to their number.
        is_copy: Whether the run is elsewhere and this a copy: its spool is in the folder then.
    """

    folder: Path
    on_part: Callable[[Path], None]
    flush_seconds: float | None
    is_copy: bool


@contextmanager
def opened_place(
    out: Path | str, base: Path | None = None, *, lease_seconds: float = SECONDS
) -> Iterator[OpenedPlace]:
    """Makes ready for writing: a local folder as it is, a remote one as a copy that is level with it.

    Args:
        out: A path or a URL.
        base: Where copies of remote runs lie; by default the user's cache.
        lease_seconds: How long the lease on a remote folder holds that nobody renews.

    Raises:
        RunLocked: If another machine writes to the remote folder.
        RunMismatch: If the copy and the remote folder have come apart.
        StorageError: If something could not be sent; it is sent by the next call.
    """
    if not is_remote(out):
        yield OpenedPlace(folder=Path(out), on_part=lambda part: None, flush_seconds=None, is_copy=False)
        return
    place = RemotePlace.parse(out)
    mirror = Mirror(place.mirror_folder(base), place.open())
    check_local(mirror.folder)
    with _lease(mirror, lease_seconds) as lease:
        with _locked(mirror.folder):
            mirror.pull()
        sender = _Sender(mirror, lease)
        try:
            yield OpenedPlace(
                folder=mirror.folder, on_part=sender.on_part, flush_seconds=FLUSH_SECONDS, is_copy=True
            )
        except BaseException:
            sender.close(patient=False)
            raise
        sender.close(patient=True)


@contextmanager
def _lease(mirror: Mirror, seconds: float) -> Iterator[Lease]:
    lease = Lease(mirror.remote, mirror.owner, seconds)
    try:
        yield lease
    finally:
        lease.release()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = RunLock(folder)
    try:
        yield
    finally:
        lock.release()


class _Sender:
    """A thread that sends what is new in a copy."""

    def __init__(self, mirror: Mirror, lease: Lease) -> None:
        self._mirror = mirror
        self._lease = lease
        self._due: queue.Queue[bool] = queue.Queue()
        self._thread = threading.Thread(target=self._main, name="genesys-sender", daemon=True)
        self._thread.start()
        self._due.put(True)  # what an earlier call could not send

    def on_part(self, part: Path) -> None:
        """Notes that there is something to send.

        Raises:
            RunLocked: If another machine writes to the run now.
        """
        self._lease.check()
        self._due.put(True)

    def close(self, *, patient: bool) -> None:
        """Sends what is left.

        Args:
            patient: Whether to try for a while, and to raise what hinders; else once, and warn.
        """
        self._due.put(False)
        self._thread.join()
        try:
            self._lease.check()
            self._send_all(_PAUSES if patient else ())
            self._mirror.send_log()
        except (StorageError, RunLocked) as error:
            unsent = len(self._mirror.unsent())
            fault = f"{unsent} files of the run are not at {self._mirror.remote.place} yet: {error.fault}"
            if patient:
                raise StorageError(
                    fault,
                    f"They are in {self._mirror.folder}, and the same command sends them when it is run again.",
                ) from error
            logger.warning("%s", fault)

    def _main(self) -> None:
        while self._is_due():
            try:
                self._lease.check()
                self._send_all(())
            except (StorageError, RunLocked) as error:
                logger.warning("cannot send parts now: %s", error.fault)

    def _is_due(self) -> bool:
        """Waits until there is something to send; False at the end. What has gathered meanwhile is one errand."""
        due = self._due.get()
        while due and not self._due.empty():
            due = self._due.get()
        return due

    def _send_all(self, pauses: tuple[float, ...]) -> None:
        for name in self._mirror.unsent():
            for pause in (*pauses, None):
                try:
                    self._mirror.send(name)
                    break
                except StorageError:
                    if pause is None:
                        raise
                    time.sleep(pause)


def local_folder(run: Path | str, base: Path | None = None) -> Path:
    """A run folder to read: a local one as it is, of a remote one this machine's copy, brought level.

    While this machine itself writes to the run, its copy is the latest there is, and is left alone.

    Raises:
        ConfigurationError: If there is no run at a URL.
        StorageError: If it cannot be reached.
    """
    if not is_remote(run):
        return Path(run)
    place = RemotePlace.parse(run)
    remote = place.open()
    if remote.read(RUN_FILE) is None:
        raise ConfigurationError(f"there is no run at {place}", "Name one that `genesys collect` made.")
    mirror = Mirror(place.mirror_folder(base), remote)
    try:
        with _locked(mirror.folder):
            mirror.pull()
    except RunLocked:
        logger.info("reading %s, which is being written", mirror.folder)
    return mirror.folder
