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
    """Serves `fork` and `kill` until the control socket closes."""
    control = socket.socket(fileno=control_fd)
    children: set[int] = set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller's Ctrl-C is the caller's to handle
    try:
        while True:
            readable, _, _ = select.select([control], [], [], 1.0)
            _reap(children)
            if readable and not _serve_one(control, children):
                return
    except ConnectionError:
        pass  # the caller died in the middle of a request
    finally:
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _serve_one(control: socket.socket, children: set[int]) -> bool:
    header, fds, _, _ = socket.recv_fds(control, HEADER_SIZE, 1)  # a descriptor rides on the first byte
    if len(header) < HEADER_SIZE:
        return False
    payload = receive_exactly(control, length_of(header))
    if payload is None:
        return False
    message = decode(payload)
    if "kill" in message:
        _kill(message["kill"], children)
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


def _fork(fd: int, memory_bytes: int, control: socket.socket, children: set[int]) -> int:
    pid = os.fork()
    if pid:
        os.close(fd)
        children.add(pid)
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


def _kill(pid: int, children: set[int]) -> None:
    if pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        children.discard(pid)


def _reap(children: set[int]) -> None:
    for pid in list(children):
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            children.discard(pid)
