"""The worker: takes its level, says so, and serves one program after the other."""

from __future__ import annotations

import gc
import os
import resource
import socket
import sys
from typing import Any, NoReturn

from genesys.rewards.sandbox import wire
from genesys.rewards.sandbox.task import Task
from genesys.rewards.sandbox.worker import landlock, privileges, python_main
from genesys.rewards.sandbox.worker.levels import LEVELS, Level
from genesys.rewards.sandbox.worker.program import SERVED, TRACES, Request, serve
from genesys.rewards.sandbox.worker.run import ENVIRONMENT, Streams, memfd


def main(arguments: list[str]) -> NoReturn:
    """Runs a worker on the socket whose descriptor is the only argument.

    The first frame tells it its level; it answers with what it could take, or with what is missing.
    """
    _start_clean(arguments)
    sock = socket.socket(fileno=int(arguments[0]))
    sock.set_inheritable(False)
    settings, _ = wire.receive(sock)
    python_main.warm_up()
    privileges.raise_descriptors()
    try:
        level = LEVELS[settings["level"]](
            settings["number"], settings["read_only"], settings["store"], settings["scratch"]
        )
    except OSError as error:
        wire.send(sock, {"ready": False, "missing": str(error)})
        sys.exit(1)
    os.umask(0o022)
    gc.collect()
    gc.freeze()
    wire.send(sock, {"ready": True, "level": level.name, "landlock": landlock.version()})
    try:
        while True:
            _serve_one(level, sock)
    except wire.Closed:
        sys.exit(0)


def _start_clean(arguments: list[str]) -> None:
    """Starts itself anew with a stack that may grow: the main thread's is laid out at exec."""
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    if resource.getrlimit(resource.RLIMIT_STACK)[0] != hard:
        privileges.raise_stack()
        os.execve(
            sys.executable, [sys.executable, *sys.orig_argv[1:]], {**ENVIRONMENT, "PYTHONHASHSEED": "0"}
        )


def _serve_one(level: Level, sock: socket.socket) -> None:
    head = wire.receive_head(sock)
    if "task" not in head:
        return  # a stop that came when the program had ended already
    request = _receive_blobs(head, sock)
    try:
        fault = _run(level, request, sock)
    finally:
        for descriptor in (*request.files, *(d for streams in request.streams for d in streams)):
            os.close(descriptor)
    wire.send(sock, {"end": True, "fault": fault})


def _receive_blobs(head: dict[str, Any], sock: socket.socket) -> Request:
    """Puts every blob into a memfd as it comes; what is private to a test never lies in this memory."""
    task = Task.from_json(head["task"])
    blobs = []
    for size in head["sizes"]:
        descriptor = memfd()
        for chunk in wire.receive_chunks(sock, size):
            view = memoryview(chunk)
            while view:
                view = view[os.write(descriptor, view) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        blobs.append(descriptor)
    files, inputs = blobs[: len(task.files)], blobs[len(task.files) :]
    return Request(task, files, [Streams(stdin, memfd(), memfd()) for stdin in inputs])


def _run(level: Level, request: Request, sock: socket.socket) -> str | None:
    """Runs all tests of a program, in as many processes as it takes; a fault of ours, or None."""
    first = 0
    while first < len(request.streams):
        reader, writer = os.pipe()
        pid = level.fork_program()
        if pid == 0:
            _serve_and_exit(level, request, first, sock, writer)
        os.close(writer)
        _, status = os.waitpid(pid, 0)
        reached = os.read(reader, 32)
        os.close(reader)
        level.close_box()
        code = os.waitstatus_to_exitcode(status)
        if code == SERVED:
            return None
        if code != TRACES or int(reached) <= first:
            return f"the process of a program ended with status {code}"
        first = int(reached)
    return None


def _serve_and_exit(
    level: Level, request: Request, first: int, sock: socket.socket, progress: int
) -> NoReturn:
    try:
        serve(level, request, first, sock, progress)
    except BaseException as error:  # noqa: BLE001  (reported to the client as a fault of ours)
        print(f"sandbox worker: {error!r}", file=sys.stderr, flush=True)  # noqa: T201  (the client reads it)
    finally:
        os._exit(70)
