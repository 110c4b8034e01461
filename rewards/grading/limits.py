"""How much a verification may take, and how that is measured from outside."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one verification in a worker.

    Attributes:
        cpu_seconds: CPU time of the worker; it decides, so that a verdict does not move with the load.
        wall_seconds: Wall time from the start of the work, never of the queueing; it only guards against
            a worker that sleeps or a machine that stalls.
        memory_bytes: Memory a worker may allocate.
        jobs: Verifications after which a worker is replaced, so that no leak grows old.
    """

    cpu_seconds: float = 2.0
    wall_seconds: float = 20.0
    memory_bytes: int = 2 << 30
    jobs: int = 5_000


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used, in seconds; 0 where the system does not tell.

    Raises:
        ProcessLookupError: If there is no such process.
    """
    if not hasattr(time, "clock_gettime"):
        return 0.0
    clock = (~pid << 3) | 2  # Linux' clock id of another process: all threads, user and system time
    try:
        return time.clock_gettime(clock)
    except OSError as error:
        raise ProcessLookupError(pid) from error


def default_workers() -> int:
    """Cores this process may use, shared among the ranks of a distributed job on this machine."""
    available = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    ranks = max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    return max(1, len(available) // ranks)
