"""What a process may be: its user, its capabilities, its resource limits."""

from __future__ import annotations

import math
import os
import resource

from genesys.rewards.sandbox.limits import Limits
from genesys.rewards.sandbox.worker import syscalls

FIRST_UID, UID_COUNT = 20_000, 40_000
"""Users of test processes where the worker is root: RLIMIT_NPROC means nothing to real uid 0, and a user
of its own for each worker keeps the tests of two workers apart."""
DESCRIPTORS = 64


def test_uid(number: int) -> int:
    """The user of this worker's test processes; workers that live at one time differ in `number`."""
    return FIRST_UID + number % UID_COUNT


def become(uid: int) -> None:
    """Turns root into an ordinary user for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _lower(kind: int, soft: int, hard: int | None = None) -> None:
    """Sets a limit, never above the hard limit that is in force."""
    ceiling = resource.getrlimit(kind)[1]
    wanted = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, wanted = min(soft, ceiling), min(wanted, ceiling)
    resource.setrlimit(kind, (soft, wanted))


def raise_stack() -> None:
    """Lifts the soft limit of the stack: deep recursion is a right answer in many languages.

    Unlimited where possible, as glibc then gives threads stacks of ordinary size; memory is bounded by
    other limits.
    """
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))


def raise_descriptors() -> None:
    """Lifts the soft limit of descriptors: the worker holds three for each test of a program."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def apply_limits(limits: Limits, *, spare_cpu: int, own_processes: int) -> None:
    """Limits the calling process and its children.

    RLIMIT_CPU only backs the guard up: the kernel counts for it in ticks, which on a loaded machine may
    be a quarter off, and then kills too early. The exact time that `wait4` tells decides.

    Args:
        limits: What a program may use.
        spare_cpu: Seconds between the signal that a program may catch and the one it may not.
        own_processes: Processes of this user that are none of the program's.
    """
    seconds = math.ceil(1.5 * limits.cpu_seconds) + 1
    _lower(resource.RLIMIT_CPU, seconds, seconds + spare_cpu)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, limits.output_bytes)
    _lower(resource.RLIMIT_NOFILE, DESCRIPTORS)
    _lower(resource.RLIMIT_MEMLOCK, 0)
    _lower(resource.RLIMIT_MSGQUEUE, 0)
    _lower(resource.RLIMIT_SIGPENDING, 128)
    if own_processes >= 0:
        _lower(resource.RLIMIT_NPROC, limits.processes + own_processes)
    if limits.memory_kind == "address_space":
        _lower(resource.RLIMIT_AS, limits.memory_bytes)
    else:
        _lower(resource.RLIMIT_DATA, limits.memory_bytes)


def drop_all() -> None:
    """Gives up every capability, and the ability to gain one through an executable."""
    syscalls.drop_capabilities()
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
