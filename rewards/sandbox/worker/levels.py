"""The isolation levels, as the worker uses them.

namespaces   own file system, processes, network and IPC for each program; then seccomp, limits, no
             privileges. A program may start processes: its init reaps them all.
landlock     Landlock rules and a stricter seccomp filter on each test. A test may start threads but
             no processes, as nothing else would make sure that none survives it.
rlimits      resource limits and nothing else: it keeps an accident in, and no attacker. Only by name.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from genesys.rewards.sandbox import task as box_paths
from genesys.rewards.sandbox.limits import Limits
from genesys.rewards.sandbox.task import Task
from genesys.rewards.sandbox.worker import landlock, mounts, privileges, seccomp, syscalls
from genesys.rewards.sandbox.worker.namespaces import Namespaces
from genesys.rewards.sandbox.worker.reach import Reach


@dataclass(frozen=True)
class Box:
    """The folders of one program."""

    work: str
    binaries: str


class Level(Protocol):
    """What a level does at each step of a program."""

    name: str
    store: str
    """Where programs find what was compiled once per machine."""
    reach: Reach
    """How programs get at folders that their user cannot walk to."""
    spawns: bool
    """Whether the program's process is confined like its tests, so that these can be spawned directly."""

    def fork_program(self) -> int:
        """Forks the process that serves a program; returns as fork does."""
        ...

    def open_box(self, limits: Limits, file_bytes: int) -> Box:
        """Makes fresh folders; called in the program's process."""
        ...

    def confine_program(self, task: Task) -> None:
        """Confines the program's process, before any of its tests."""
        ...

    def confine_test(self, task: Task, box: Box) -> None:
        """Confines a forked test process; the last thing before the program's code."""
        ...

    def reap(self, pid: int) -> float:
        """Ends all that a test left, once its first process is reaped; the CPU seconds they took."""
        ...

    def pids(self, pid: int) -> list[int]:
        """The processes of a running test."""
        ...

    def close_box(self) -> None:
        """Removes the folders; called in the worker when the program's process is gone."""
        ...


class NamespacesLevel:
    """Own file system, processes, network and IPC for each program."""

    name = "namespaces"
    spawns = True

    def __init__(self, number: int, read_only: Sequence[str], store: str, scratch: str) -> None:
        self._namespaces = Namespaces.enter(number, read_only, store)
        self.store = mounts.STORE
        self.reach = Reach(())
        self._filter = seccomp.compile_policy(seccomp.policy(fork=True))

    def fork_program(self) -> int:
        """Forks an init process into namespaces of its own."""
        return self._namespaces.fork_init()

    def open_box(self, limits: Limits, file_bytes: int) -> Box:
        """Mounts the box; it vanishes with the namespace."""
        mounts.make_box(limits, file_bytes)
        return Box(box_paths.WORK, box_paths.BIN)

    def confine_program(self, task: Task) -> None:
        """Limits, user, capabilities, filter: everything, so that tests inherit it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)  # an init without handler is immune to its children
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        privileges.apply_limits(task.limits, spare_cpu=30, own_processes=2)
        if self._namespaces.uid is not None:
            privileges.become(self._namespaces.uid)
        privileges.drop_all()
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
        seccomp.install(self._filter)

    def confine_test(self, task: Task, box: Box) -> None:
        """Nothing is left to take away; /proc/self becomes the test's own again."""
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
        soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, min(soft + 1, hard)))

    def reap(self, pid: int) -> float:
        """Kills every process of the namespace but this one, its init, and reaps them."""
        with suppress(ProcessLookupError):  # nobody is left, but orphans that ended may wait to be reaped
            os.kill(-1, signal.SIGKILL)
        seconds = 0.0
        while True:
            try:
                _, _, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return seconds
            seconds += usage.ru_utime + usage.ru_stime

    def pids(self, pid: int) -> list[int]:
        """All processes of the namespace but its init."""
        return [int(name) for name in os.listdir("/proc") if name.isdecimal() and name != "1"]  # noqa: PTH208  (names, not paths)

    def close_box(self) -> None:
        """Nothing: the mount is gone with its namespace."""


class FolderLevel:
    """What landlock and rlimits share: a folder of the host for each program."""

    name = ""
    spawns = False

    def __init__(self, number: int, read_only: Sequence[str], store: str, scratch: str) -> None:
        self.store = store
        self._uid = privileges.test_uid(number) if os.geteuid() == 0 else None
        self.reach = Reach(() if self._uid is None else read_only)
        self._read_only = (*mounts.SYSTEM, *read_only, store)
        self._top = scratch

    def fork_program(self) -> int:
        """An ordinary fork."""
        pid = os.fork()
        if pid == 0:
            syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        return pid

    def open_box(self, limits: Limits, file_bytes: int) -> Box:
        """Makes two folders below the worker's own."""
        box = self.box()
        Path(box.binaries).mkdir(mode=0o755)
        Path(box.work).mkdir(mode=0o700)
        if self._uid is not None:
            os.chown(box.work, self._uid, self._uid)
        return box

    def box(self) -> Box:
        """The folders of the program that runs now."""
        return Box(f"{self._top}/work", f"{self._top}/bin")

    def confine_program(self, task: Task) -> None:
        """Keeps tests of the same user out of this process's memory."""
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)

    def confine_test(self, task: Task, box: Box) -> None:
        """Limits and user."""
        privileges.apply_limits(task.limits, spare_cpu=1, own_processes=-1 if self._uid is None else 1)
        if self._uid is not None:
            privileges.become(self._uid)
            syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it

    def reap(self, pid: int) -> float:
        """Kills the test's process group: at `landlock` only a compiler can have children."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        return 0.0

    def pids(self, pid: int) -> list[int]:
        """The test's first process, which at `landlock` is its only one."""
        return [pid]

    def close_box(self) -> None:
        """Removes the folders."""
        for folder in (self.box().work, self.box().binaries):
            remove_folder(folder)


class LandlockLevel(FolderLevel):
    """Landlock and a strict filter on each test."""

    name = "landlock"

    def __init__(self, number: int, read_only: Sequence[str], store: str, scratch: str) -> None:
        if landlock.version() < 1:
            raise OSError("the kernel has no Landlock (5.13 or later, with landlock among its LSMs)")
        super().__init__(number, read_only, store, scratch)
        seccomp.compile_policy(seccomp.policy(fork=False))  # fails here where no filter can be built

    def confine_test(self, task: Task, box: Box) -> None:
        """Landlock rules, limits, user and the filter."""
        devices = [f"/dev/{name}" for name in mounts.DEVICES]
        landlock.restrict((*self._read_only, box.binaries, *devices), (box.work, "/dev/null"))
        super().confine_test(task, box)  # after the rules, which root can make for folders of its own
        alone = None if task.compiles else os.getpid()
        seccomp.install(seccomp.compile_policy(seccomp.policy(fork=task.compiles, alone=alone)))


class RlimitsLevel(FolderLevel):
    """Resource limits alone."""

    name = "rlimits"


LEVELS: dict[str, Callable[[int, Sequence[str], str, str], Level]] = {
    "namespaces": NamespacesLevel,
    "landlock": LandlockLevel,
    "rlimits": RlimitsLevel,
}


def remove_folder(top: str) -> None:
    """Removes a folder that a hostile program filled, in time linear in its entries.

    Folders of any depth are flattened one level at a time, so that neither recursion nor path lengths
    grow, and folders without permissions are opened first.
    """
    serial = 0
    try:
        Path(top).chmod(0o700)
    except FileNotFoundError:
        return
    while True:
        with os.scandir(top) as listing:
            entries = list(listing)
        if not entries:
            break
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink()
                continue
            Path(entry.path).chmod(0o700)
            with os.scandir(entry.path) as inner:
                for child in inner:
                    serial += 1
                    Path(child.path).rename(f"{top}/\x01{serial}")
            Path(entry.path).rmdir()
    Path(top).rmdir()
