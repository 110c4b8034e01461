"""A worker from the outside: start it, run programs on it, end it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genesys.rewards.sandbox import wire
from genesys.rewards.sandbox.store import store
from genesys.rewards.sandbox.task import Task
from genesys.rewards.sandbox.toolchains import all_roots, python_executable
from genesys.rewards.sandbox.unavailable import SandboxFault, SandboxUnavailable
from genesys.rewards.sandbox.worker.levels import remove_folder

START = Path(__file__).resolve().parent / "worker" / "start.py"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
"""All of a worker's environment: the caller's variables hold secrets."""
BATCH = 128
"""Tests in one request: the worker holds three descriptors for each."""
PATIENCE = 25
"""Times the wall limit after which a worker that says nothing counts as gone."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run of a program came to.

    Attributes:
        index: Which of the inputs it was run on.
        status: Its exit status, or minus the signal that ended it.
        stopped: Why the guard ended it (`cpu`, `wall`, `memory`, `disk`, `starved`), or None.
        cpu: Seconds of CPU time of all its processes.
        seconds: Wall seconds.
        rss: Bytes of memory at its peak.
        output: Bytes it wrote to stdout or stderr, whichever is more.
        completed: Whether it came to its end by the handshake; None where none was asked.
        stdout: All of it, up to the limit.
        stderr: The end of it.
        collected: The file that the task asked for.
    """

    index: int
    status: int
    stopped: str | None
    cpu: float
    seconds: float
    rss: int
    output: int
    completed: bool | None
    stdout: bytes
    stderr: bytes
    collected: bytes

    @classmethod
    def of(cls, head: dict[str, Any], blobs: list[bytes], offset: int) -> Report:
        """Rebuilds a report from its frame."""
        fields = {name: head[name] for name in cls.__dataclass_fields__ if name in head}
        stdout, stderr, collected = blobs
        return cls(**fields, index=head["test"] + offset, stdout=stdout, stderr=stderr, collected=collected)


class Worker:
    """A worker process at one isolation level. Used by one thread at a time.

    Attributes:
        level: The level that it took.
        proven: What its self-test found to hold (`selftest.py`).
    """

    def __init__(self, level: str) -> None:
        """Starts it.

        Raises:
            SandboxUnavailable: If the level is not to be had; the error names what is missing.
        """
        self.level = level
        self.proven: tuple[str, ...] = ()
        self._scratch = tempfile.mkdtemp(prefix="genesys-box-")  # of levels that have no mounts
        Path(self._scratch).chmod(0o711)
        self._socket, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [python_executable(), "-s", "-S", "-P", "-B", str(START), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        theirs.close()
        self._socket.settimeout(60)
        self._take_level()

    def _take_level(self) -> None:
        settings = {
            "level": self.level,
            "number": self._process.pid,  # tells this worker's users from those of others
            "read_only": all_roots(),
            "store": str(store()),
            "scratch": self._scratch,
        }
        try:
            wire.send(self._socket, settings)
            answer, _ = wire.receive(self._socket)
        except (wire.Closed, TimeoutError):
            words = self._last_words()
            self.close()
            raise SandboxUnavailable(f"the worker for level {self.level!r} did not start: {words}") from None
        if not answer["ready"]:
            self.close()
            raise SandboxUnavailable(f"level {self.level!r} is not to be had: {answer['missing']}")

    def run(
        self, task: Task, files: Sequence[bytes], inputs: Sequence[bytes]
    ) -> Generator[Report, None, None]:
        """Runs a program on inputs; reports come as they are made.

        Closing the iterator stops the program before its next input.

        Raises:
            SandboxFault: If the worker died, stopped answering, or a program had no core to run on.
        """
        for offset in range(0, len(inputs), BATCH):
            yield from self._run_batch(task, files, inputs[offset : offset + BATCH], offset)

    def _run_batch(
        self, task: Task, files: Sequence[bytes], inputs: Sequence[bytes], offset: int
    ) -> Generator[Report, None, None]:
        self._socket.settimeout(PATIENCE * task.limits.wall_seconds + 30)
        ended = False
        try:
            wire.send(self._socket, {"task": task.to_json()}, [*files, *inputs])
            while True:
                head, blobs = wire.receive(self._socket)
                if "end" in head:
                    ended = True
                    break
                report = Report.of(head, blobs, offset)
                if report.stopped == "starved":
                    raise SandboxFault("a program was ready to run and got no core", "Start fewer workers.")
                yield report
            if head["fault"]:
                raise SandboxFault(f"the sandbox failed: {head['fault']} {self._last_words()}".rstrip())
        except (wire.Closed, TimeoutError) as error:
            ended = True
            fault = f"a sandbox worker is gone: {error} {self._last_words()}"
            self.close()
            raise SandboxFault(fault) from None
        finally:
            if not ended:
                self._stop_program()

    def _stop_program(self) -> None:
        """Tells the worker that no more is wanted, and takes what it has sent meanwhile."""
        try:
            wire.send(self._socket, {"stop": True})
            while "end" not in wire.receive(self._socket)[0]:
                pass
        except (wire.Closed, TimeoutError):
            self.close()

    def _last_words(self) -> str:
        """What the worker wrote to its stderr, bounded."""
        assert self._process.stderr is not None  # opened as a pipe above
        os.set_blocking(self._process.stderr.fileno(), False)
        with contextlib.suppress(BlockingIOError, ValueError):
            return (self._process.stderr.read(2000) or b"").decode("utf-8", "replace").strip()
        return ""

    @property
    def closed(self) -> bool:
        """Whether it can run nothing any more."""
        return self._socket.fileno() < 0

    def abandon(self) -> None:
        """In a forked child: closes this process's copy of the socket and touches nothing else."""
        self._socket.close()

    def close(self) -> None:
        """Ends it and all that it started; idempotent."""
        self._socket.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        remove_folder(self._scratch)
        if self._process.stderr:
            self._process.stderr.close()
