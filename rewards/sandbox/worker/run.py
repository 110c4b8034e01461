"""One test: start it on memfd streams, watch it, end it with all it started, report."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from genesys.rewards.sandbox.task import Task
from genesys.rewards.sandbox.worker import handshake as protocol
from genesys.rewards.sandbox.worker import python_main
from genesys.rewards.sandbox.worker.guard import Guard
from genesys.rewards.sandbox.worker.handshake import Handshake
from genesys.rewards.sandbox.worker.levels import Box, Level
from genesys.rewards.sandbox.worker.reach import FIRST

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "OPENSSL_CONF": "/dev/null",  # node reads the host's otherwise, and ends where it may not
}
STDERR_KEPT = 8192
"""Bytes of stderr that are kept, from its end: there stands the error's name."""
_RESET = (signal.SIGPIPE, signal.SIGXCPU, signal.SIGXFSZ, signal.SIGINT)


class Streams(NamedTuple):
    """Descriptors of three memfds: no pipe to fill, nobody to wait for."""

    stdin: int
    stdout: int
    stderr: int


@dataclass(frozen=True)
class Program:
    """A program in its box.

    Attributes:
        task: What was asked.
        box: Its folders.
        level: Its isolation.
        files: Contents of its files, of a Python program.
    """

    task: Task
    box: Box
    level: Level
    files: dict[str, bytes]

    def command(self) -> list[str]:
        """The command with its folders filled in."""
        return [self.fill(part) for part in self.task.command]

    def environment(self) -> dict[str, str]:
        """The whole environment of a test."""
        own = {"HOME": self.box.work, "TMPDIR": self.box.work, "PWD": self.box.work}
        given = {name: self.fill(value) for name, value in self.task.environment.items()}
        return {**ENVIRONMENT, **own, **given}

    def fill(self, text: str) -> str:
        """Puts the folders in the place of `{work}`, `{bin}` and `{store}`."""
        places = {"{work}": self.box.work, "{bin}": self.box.binaries, "{store}": self.level.store}
        for name, folder in places.items():
            text = text.replace(name, folder)
        return self.level.reach.rewrite(text)


ABOVE = 256
"""Numbers below are free for what a program's process opens under its limit of descriptors."""


def memfd() -> int:
    """A new anonymous file whose descriptor is out of the way."""
    descriptor = os.memfd_create("stream", os.MFD_CLOEXEC)
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, ABOVE)
    os.close(descriptor)
    return moved


def run_test(program: Program, streams: Streams) -> tuple[dict[str, Any], list[bytes]]:
    """Runs one test to its end.

    Returns:
        The head and blobs (stdout, end of stderr, collected file) of the report.
    """
    task, level = program.task, program.level
    handshake = Handshake() if task.handshake else None
    began = time.monotonic()
    pid = _start(program, streams, handshake)
    if handshake:
        handshake.release()
    stopped = Guard(level, task.limits, program.box, handshake).watch(pid)
    if stopped:
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    cpu = usage.ru_utime + usage.ru_stime + level.reap(pid)
    out, out_size = _content(streams.stdout, task.limits.output_bytes, from_end=False)
    err, err_size = _content(streams.stderr, STDERR_KEPT, from_end=True)
    head = {
        "status": os.waitstatus_to_exitcode(status),
        "stopped": stopped,
        "cpu": cpu,
        "seconds": seconds,
        "rss": usage.ru_maxrss * 1024,
        "output": max(out_size, err_size),
        "completed": _finish(handshake),
    }
    collected = _collect(program) if task.collect and status == 0 else b""
    return head, [out, err, collected]


def _finish(handshake: Handshake | None) -> bool | None:
    if handshake is None:
        return None
    while handshake.advance() and not handshake.completed:
        if not _more_to_read(handshake):
            break
    completed = handshake.completed
    handshake.close()
    return completed


def _more_to_read(handshake: Handshake) -> bool:
    import select

    return bool(select.select([handshake.reports], [], [], 0)[0])


def _start(program: Program, streams: Streams, handshake: Handshake | None) -> int:
    if program.level.spawns and program.task.runtime == "native":
        return _spawn(program, streams, handshake)
    pid = os.fork()
    if pid == 0:
        try:
            _become(program, streams, handshake)
        except BaseException as error:  # noqa: BLE001  (the child must end here, whatever happened)
            os.write(2, f"sandbox: {error!r}".encode())
        finally:
            os._exit(127)
    return pid


def _spawn(program: Program, streams: Streams, handshake: Handshake | None) -> int:
    """Starts a command from a process that is confined already: vfork and exec, without Python between."""
    low = [os.dup(stream) for stream in streams]  # libc takes no number above the limit of descriptors
    ends = [*zip(low, range(3), strict=True), *(_handshake_ends(handshake) if handshake else ())]
    actions = [(os.POSIX_SPAWN_DUP2, source, target) for source, target in ends]
    command = program.command()
    try:
        return os.posix_spawn(
            command[0], command, program.environment(), file_actions=actions, setsid=True, setsigdef=_RESET
        )
    except OSError as error:
        os.write(streams.stderr, f"sandbox: cannot start {command[0]}: {error.strerror}".encode())
        return os.posix_spawn("/bin/false", ["false"], {})
    finally:
        for descriptor in low:
            os.close(descriptor)


def _handshake_ends(handshake: Handshake) -> list[tuple[int, int]]:
    return [(handshake.program_reports, protocol.REPORT), (handshake.program_nonce, protocol.NONCE)]


def _become(program: Program, streams: Streams, handshake: Handshake | None) -> None:
    """In a forked child: takes the streams, is confined, and becomes the program."""
    os.setsid()
    for target, source in enumerate(streams):
        os.dup2(source, target)
    first_closed = 3
    if handshake:
        for source, target in _handshake_ends(handshake):
            os.dup2(source, target)
        first_closed = 5
    os.closerange(first_closed, FIRST)
    os.closerange(program.level.reach.end, 1 << 20)
    os.chdir(program.box.work)
    program.level.confine_test(program.task, program.box)
    if program.task.runtime == "python":
        os.environ.clear()
        os.environ.update(program.environment())
        python_main.run(program.files["main"], program.files, program.task.settings)
    for number in _RESET:
        signal.signal(number, signal.SIG_DFL)
    command = program.command()
    os.execve(command[0], command, program.environment())


def _content(descriptor: int, limit: int, *, from_end: bool) -> tuple[bytes, int]:
    size = os.fstat(descriptor).st_size
    start = max(0, size - limit) if from_end else 0
    parts, position, end = [], start, min(size, start + limit)
    while position < end:
        part = os.pread(descriptor, end - position, position)
        if not part:
            break
        parts.append(part)
        position += len(part)
    return b"".join(parts), size


def _collect(program: Program) -> bytes:
    """Reads a file that the program made; only a plain one, and no more than it may have written."""
    path = f"{program.box.work}/{program.task.collect}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return _content(descriptor, program.task.limits.output_bytes, from_end=False)[0]
    finally:
        os.close(descriptor)
