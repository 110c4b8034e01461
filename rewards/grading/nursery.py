"""The nursery: a clean process that imports what verifiers need once, and forks workers on demand.

Importing sympy takes half a second, a fork some milliseconds: a worker that was killed over a hostile
answer is replaced at once. The nursery is a fresh interpreter and not a fork of the caller, which may
hold torch, CUDA and threads. It is the workers' parent, so it alone may kill them without ever hitting a
stranger that got the same process id. When the caller goes, its socket closes, and all end.
"""

from __future__ import annotations

import ctypes
import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module

from genesys.rewards.grading.frames import HEADER_SIZE, decode, encode, length_of, receive_exactly
from genesys.rewards.grading.worker import serve

_PR_SET_PDEATHSIG = 1


def main(control_fd: int) -> None:
    """Serves `fork`, `status` and `kill` until the control socket closes."""
    control = socket.socket(fileno=control_fd)
    children: dict[int, int | None] = {}  # worker -> its wait status, or None while it runs
    poll = select.poll()  # select() refuses descriptors above 1,023, which trainers have
    poll.register(control, select.POLLIN | select.POLLHUP)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller's Ctrl-C is the caller's to handle
    try:
        while True:
            readable = poll.poll(1000)
            _reap(children)
            if readable and not _serve_one(control, children):
                return
    except ConnectionError:
        pass  # the caller died in the middle of a request
    finally:
        for pid in [pid for pid, status in children.items() if status is None]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _serve_one(control: socket.socket, children: dict[int, int | None]) -> bool:
    header, fds, _, _ = socket.recv_fds(control, HEADER_SIZE, 1)  # a descriptor rides on the first byte
    if len(header) < HEADER_SIZE:
        return False
    payload = receive_exactly(control, length_of(header))
    if payload is None:
        return False
    message = decode(payload)
    if "kill" in message:
        _kill(message["kill"], children)
    elif "status" in message:
        control.sendall(encode({"killed": _was_killed(message["status"], children)}))
    else:
        _preload(message["preload"])
        control.sendall(encode({"pid": _fork(fds[0], message["fork"], control, children)}))
    return True


def _preload(module: str) -> None:
    """Imports a module once, so that no worker needs to, and keeps its pages shared."""
    if module not in sys.modules:
        with suppress(Exception):  # the worker meets the same error and reports it with its job
            import_module(module)
        gc.freeze()


def _fork(fd: int, memory_bytes: int, control: socket.socket, children: dict[int, int | None]) -> int:
    pid = os.fork()
    if pid:
        os.close(fd)
        children[pid] = None
        return pid
    try:
        control.close()
        _die_with_parent()
        serve(socket.socket(fileno=fd), memory_bytes)
    except (OSError, KeyboardInterrupt):
        pass  # the caller is gone
    finally:
        os._exit(0)


def _die_with_parent() -> None:
    """Asks Linux to kill this process when the nursery is killed; elsewhere the socket's end does."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill(pid: int, children: dict[int, int | None]) -> None:
    if children.pop(pid, 0) is None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _was_killed(pid: int, children: dict[int, int | None]) -> bool:
    """Whether a worker that ended was killed from outside: by a person, or for want of memory."""
    status = children.pop(pid, 0)
    if status is None:
        _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _reap(children: dict[int, int | None]) -> None:
    """Notes how workers ended; who owns one asks for it, or kills it, and it is forgotten."""
    for pid, status in children.items():
        if status is None:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                children[pid] = status
