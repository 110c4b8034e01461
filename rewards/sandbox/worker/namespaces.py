"""Namespaces: a worker that sees no host, and an init process for each program.

The worker itself is the first process of a pid namespace without network, with its own file system: when
it dies, for whatever reason, all that it started dies with it. For each program it makes one more pid,
mount and IPC namespace, whose first process (`program.py`) serves the program's tests and reaps all that
they leave behind.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

from genesys.rewards.sandbox.worker import mounts, privileges, syscalls

_OWN = (
    syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWPID
)
INSIDE_UID = 1000
"""The one user of a user namespace, mapped to the user who started the worker."""


class Namespaces:
    """The worker's namespaces, and the way into a program's.

    Attributes:
        uid: The user that programs must become, or None where a user namespace makes them ordinary.
    """

    def __init__(self, uid: int | None) -> None:
        self.uid = uid
        self._own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    @classmethod
    def enter(cls, number: int, read_only: Iterable[str], store: str) -> Namespaces:
        """Moves this process's future into namespaces: what returns is a child, pid 1 of its own.

        Args:
            number: Tells this worker's users from those of others.
            read_only: Paths beside the system's that programs need.
            store: What was compiled once per machine.

        Raises:
            OSError: If the kernel refuses a namespace or a mount.
        """
        uid = _unshare(privileges.test_uid(number))
        _become_first_process()
        mounts.build_root(read_only, store)
        return cls(uid)

    def fork_init(self) -> int:
        """Forks the first process of a program's namespaces; returns as fork does."""
        syscalls.unshare(syscalls.CLONE_NEWPID)
        pid = os.fork()
        if pid:
            syscalls.setns(self._own_pids, syscalls.CLONE_NEWPID)
            return pid
        os.close(self._own_pids)
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWIPC)
        mounts.mount_proc()
        return 0


def _unshare(uid: int) -> int | None:
    """Leaves the host's namespaces, through a user namespace where privilege is missing."""
    if os.geteuid() == 0:
        try:
            syscalls.unshare(_OWN)
        except PermissionError:  # root without CAP_SYS_ADMIN, as in most containers
            privileges.become(uid)
            syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # /proc/self/uid_map is ours to write again
        else:
            return uid
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    syscalls.unshare(_OWN | syscalls.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE_UID} {outside_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{INSIDE_UID} {outside_gid} 1")
    return None


def _become_first_process() -> None:
    """Forks into the new pid namespace; the parent waits for the child and ends with it."""
    pid = os.fork()
    if pid:
        for descriptor in range(3, 64):  # above all the socket: its end must be the child's alone
            try:
                os.close(descriptor)
            except OSError:
                continue
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0x7F)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
