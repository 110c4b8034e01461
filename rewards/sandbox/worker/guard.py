"""Watches a running test: what resource limits cannot bound alone.

Limits of the kernel hold a single process. The guard bounds what several have together, time that is
spent waiting, and, where the box is a folder of the host, the space it takes. It looks every tenth of a
second, so it costs a short test nothing.
"""

from __future__ import annotations

import os
import select
import time
from typing import NamedTuple

from genesys.rewards.sandbox.limits import Limits
from genesys.rewards.sandbox.worker.handshake import Handshake
from genesys.rewards.sandbox.worker.levels import Box, Level

TICK = 0.1
STARVED = 20
"""A test that had no core for so many times its wall limit says nothing about the program."""
_CLOCK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Use(NamedTuple):
    """What the processes of a test use together.

    Attributes:
        cpu: Seconds of CPU time, of those still alive.
        memory: Bytes of memory that are theirs alone.
        queued: Seconds for which the one that waited longest was ready without getting a core.
    """

    cpu: float
    memory: int
    queued: float


def measure(pids: list[int]) -> Use:
    """Adds up what /proc says of processes; those that end meanwhile count nothing."""
    cpu, memory, queued = 0, 0, 0.0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  (a hundred of these a second)
                fields = file.read().rpartition(b") ")[2].split()
            with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123  (as above)
                pages = file.read().split()
            with open(f"/proc/{pid}/schedstat", "rb") as file:  # noqa: PTH123  (as above)
                waited = int(file.read().split()[1]) / 1e9
        except (OSError, IndexError):
            continue
        cpu += int(fields[11]) + int(fields[12])
        memory += (int(pages[1]) - int(pages[2])) * _PAGE
        queued = max(queued, waited)
    return Use(cpu / _CLOCK, memory, queued)


def folder_bytes(top: str, files: int) -> tuple[int, int]:
    """Bytes and entries of a folder, counted up to one entry more than allowed."""
    total, count, pending = 0, 0, [top]
    while pending and count <= files:
        try:
            with os.scandir(pending.pop()) as listing:
                for entry in listing:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if count > files:
                        break
        except OSError:
            continue
    return total, count


class Guard:
    """Watches one test until it ends or has to be stopped."""

    def __init__(self, level: Level, limits: Limits, box: Box, handshake: Handshake | None) -> None:
        self._level = level
        self._limits = limits
        self._box = box
        self._handshake = handshake

    def watch(self, pid: int) -> str | None:
        """Waits for a process to end; does not reap it.

        Returns:
            Why it has to be stopped (`cpu`, `wall`, `memory`, `disk`, `starved`), or None as it ended.
        """
        descriptor = os.pidfd_open(pid)
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        if self._handshake:
            poller.register(self._handshake.reports, select.POLLIN)
        began = time.monotonic()
        check = began + TICK
        try:
            while True:
                events = [fd for fd, _ in poller.poll(max(0.0, check - time.monotonic()) * 1000)]
                if self._handshake and self._handshake.reports in events and not self._handshake.advance():
                    poller.unregister(self._handshake.reports)
                if descriptor in events:
                    return None
                if time.monotonic() >= check:
                    reason = self._excess(pid, time.monotonic() - began)
                    if reason:
                        return reason
                    check = time.monotonic() + TICK
        finally:
            os.close(descriptor)

    def _excess(self, pid: int, elapsed: float) -> str | None:
        limits = self._limits
        use = measure(self._level.pids(pid))
        if use.cpu > limits.cpu_seconds:
            return "cpu"
        if use.memory > limits.memory_bytes * 1.25:
            return "memory"
        if elapsed - use.queued > limits.wall_seconds:
            return "wall"
        if elapsed > STARVED * limits.wall_seconds:
            return "starved"
        if not self._level.spawns:  # there the box is a folder of the host, and nothing caps its size
            size, count = folder_bytes(self._box.work, limits.files)
            if size > limits.disk_bytes or count > limits.files:
                return "disk"
        return None
