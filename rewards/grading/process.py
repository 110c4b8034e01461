"""One worker process as its owner sees it, and the nursery that makes it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from genesys.rewards.grading.frames import HEADER_SIZE, decode, encode, length_of, receive
from genesys.rewards.grading.limits import Limits, cpu_seconds

PREPARE_SECONDS = 120.0
"""Wall time a worker has to import a verifier."""


class WorkerDied(Exception):
    """The worker ended without an answer: it crashed, or it was killed from outside.

    Attributes:
        killed: Whether somebody else killed it, as far as its owner has found out.
    """

    killed = False


class LimitExceeded(Exception):
    """A job used up a limit; the worker is to be killed."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class WorkerProcess:
    """A worker: one job at a time over its socket.

    Attributes:
        pid: Its process id.
        jobs: Jobs it has done.
        prepared: Keys of the verifiers it has built.
    """

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.jobs = 0
        self.prepared: set[str] = set()
        self._reader = reader
        self._writer = writer

    async def ask(self, message: dict[str, Any], limits: Limits | None = None) -> dict[str, Any]:
        """Sends a job and awaits its answer.

        Raises:
            WorkerDied: If it ends before it answers.
            LimitExceeded: If it uses more than the limits allow.
        """
        self.jobs += 1
        reply = asyncio.ensure_future(self._exchange(message))
        try:
            await self._guard(reply, limits or Limits(cpu_seconds=1e9, wall_seconds=PREPARE_SECONDS))
            return await reply
        except (asyncio.IncompleteReadError, ConnectionError, ProcessLookupError) as error:
            raise WorkerDied from error
        finally:
            reply.cancel()

    async def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        self._writer.write(encode(message))
        await self._writer.drain()
        header = await self._reader.readexactly(HEADER_SIZE)
        return decode(await self._reader.readexactly(length_of(header)))

    async def _guard(self, reply: asyncio.Future[Any], limits: Limits) -> None:
        """Waits for the answer, looking at the worker's CPU clock only when it could have run out."""
        loop = asyncio.get_running_loop()
        used_before, deadline = cpu_seconds(self.pid), loop.time() + limits.wall_seconds
        cpu_left = limits.cpu_seconds
        while True:
            wait = max(0.005, min(cpu_left, deadline - loop.time()))
            done, _ = await asyncio.wait({reply}, timeout=wait)
            if done:
                return
            cpu_left = limits.cpu_seconds - (cpu_seconds(self.pid) - used_before)
            if cpu_left <= 0:
                raise LimitExceeded("cpu")
            if loop.time() >= deadline:
                raise LimitExceeded("wall")

    def close(self) -> None:
        """Closes the socket, at which an idle worker ends; what is unsent is for a dead worker."""
        with suppress(RuntimeError):  # the loop may be closed already
            self._writer.transport.abort()

    @property
    def fd(self) -> int:
        """The socket's file descriptor."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        return sock.fileno()


_BOOT = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from genesys.rewards.grading.nursery import main; main(int(sys.argv[1]))"
)


def _import_path() -> list[str]:
    """The caller's import path, so that workers find the verifiers that the caller finds."""
    return [entry or str(Path.cwd()) for entry in sys.path]


class Nursery:
    """The process that forks workers; see `genesys.rewards.grading.nursery`."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._lock = asyncio.Lock()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT, str(theirs.fileno()), *_import_path()],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C in the terminal is for the caller
            )

    @property
    def fd(self) -> int:
        """The control socket's file descriptor."""
        return self._control.fileno()

    async def fork(self, module: str) -> WorkerProcess:
        """Forks a worker, with the module imported beforehand.

        Raises:
            ConnectionError: If the nursery is gone.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                request = {"fork": self._memory_bytes, "preload": module}
                reply = await self._request(request, theirs.fileno())
        except BaseException:
            ours.close()
            raise
        reader, writer = await asyncio.open_connection(sock=ours)
        return WorkerProcess(reply["pid"], reader, writer)

    async def was_killed(self, pid: int) -> bool:
        """Whether a worker that died was killed by somebody else, such as a system short of memory.

        Raises:
            ConnectionError: If the nursery is gone.
        """
        return bool((await self._request({"status": pid}))["killed"])

    async def _request(self, message: dict[str, Any], *fds: int) -> dict[str, Any]:
        async with self._lock:  # requests and replies pair up by order
            socket.send_fds(self._control, [encode(message)], fds)
            reply = await asyncio.to_thread(receive, self._control)
        if reply is None:
            raise ConnectionResetError("the nursery has ended")
        return reply

    def kill(self, pid: int) -> None:
        """Kills a worker at once."""
        with suppress(OSError):  # a nursery that is gone took its workers with it
            self._control.sendall(encode({"kill": pid}))

    def close(self) -> None:
        """Ends the nursery and with it every worker."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for a reply
        self._control.close()
        try:
            self._process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
