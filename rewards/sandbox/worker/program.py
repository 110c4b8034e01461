"""One program: the process that serves its tests, one after the other, until one leaves a trace.

At `namespaces` this is the init of the program's namespaces: nothing it starts outlives it. A test that
wrote to the box leaves a trace, and then this process ends and the worker makes the next one, with a new
box and new namespaces, for the tests that remain. Most programs write no file, and one process serves all
their tests.
"""

from __future__ import annotations

import gc
import os
import select
import socket
from dataclasses import dataclass
from typing import NoReturn

from genesys.rewards.sandbox import wire
from genesys.rewards.sandbox.task import Task
from genesys.rewards.sandbox.worker import mounts
from genesys.rewards.sandbox.worker.levels import Level
from genesys.rewards.sandbox.worker.run import Program, Streams, run_test

SERVED, TRACES = 0, 10
"""Exit statuses: all asked tests were served (or the client wants no more); the box is not fresh."""


@dataclass(frozen=True)
class Request:
    """A task with its blobs.

    Attributes:
        task: The program.
        files: Descriptors of its files, in the task's order.
        streams: Of each test.
    """

    task: Task
    files: list[int]
    streams: list[Streams]


def serve(level: Level, request: Request, first: int, sock: socket.socket, progress: int) -> NoReturn:
    """Serves tests from `first` on, sends a report of each, and ends the process.

    Args:
        level: The isolation.
        request: The program and its tests.
        first: Index of the first test to serve.
        sock: Reports go here.
        progress: Descriptor that gets the index of the first test not served, as text.
    """
    gc.freeze()
    program = _open(level, request)
    box = program.box
    level.confine_program(request.task)
    before = mounts.mark(box.work, box.binaries)
    for index in range(first, len(request.streams)):
        if _wants_stop(sock):
            os._exit(SERVED)
        head, blobs = run_test(program, request.streams[index])
        wire.send(sock, {"test": index, **head}, blobs)
        if mounts.mark(box.work, box.binaries) != before and index + 1 < len(request.streams):
            os.write(progress, str(index + 1).encode())
            os._exit(TRACES)
    os._exit(SERVED)


def _open(level: Level, request: Request) -> Program:
    """Makes the box and puts the program's files into it, or into memory for Python."""
    contents = {name: _read(file) for name, file in zip(request.task.files, request.files, strict=True)}
    box = level.open_box(request.task.limits, sum(map(len, contents.values())))
    if request.task.runtime == "native":
        for name, content in contents.items():
            _write(f"{box.binaries}/{name}", content)
        contents = {}
    os.chdir(box.work)
    return Program(request.task, box, level, contents)


def _read(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o755)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fchmod(descriptor, 0o755)
    os.close(descriptor)


def _wants_stop(sock: socket.socket) -> bool:
    """Whether the client sent anything, which can only be a stop, or has gone."""
    return bool(select.select([sock], [], [], 0)[0])
