"""What a level is worth on this machine, proved by trying: one program that attempts what none may do.

connect   to a TCP listener and an abstract unix socket of this process
read      a canary file of this process
write     into the canary's folder
kill      this process (signal 0: may it be signalled at all)
fork      more processes than are allowed
survive   leave a process behind
"""

from __future__ import annotations

import json
import marshal
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genesys.rewards.sandbox.client import Worker
from genesys.rewards.sandbox.limits import Limits
from genesys.rewards.sandbox.task import Task

CHECKS = ("connect", "read", "write", "kill", "fork", "survive")
_PROCESSES = 8

_PROBE = r"""
import json, os, socket, sys

targets = json.loads(sys.stdin.read())
done = {}

def attempt(name, action):
    try:
        action()
        done[name] = True
    except OSError:
        done.setdefault(name, False)

def connect_tcp():
    socket.create_connection(("127.0.0.1", targets["port"]), 0.5)

def connect_unix():
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect("\0" + targets["unix"])

def write():
    os.close(os.open(targets["folder"] + "/written", os.O_WRONLY | os.O_CREAT))

def survive():
    if os.fork() == 0:
        os.setsid()
        os.execv("/bin/sleep", [targets["name"], "60"])

def fork():
    for _ in range(targets["processes"] + 8):
        if os.fork() == 0:
            import time
            time.sleep(60)

attempt("connect", connect_tcp)
attempt("connect", connect_unix)
attempt("read", lambda: os.close(os.open(targets["folder"] + "/canary", os.O_RDONLY)))
attempt("write", write)
attempt("kill", lambda: os.kill(targets["victim"], 0))
attempt("survive", survive)
sys.stdout.write(json.dumps(done))
sys.stdout.flush()
attempt("fork", fork)
sys.stdout.write(" " + json.dumps(done["fork"]))
sys.stdout.flush()
os._exit(0)
"""


def prove(worker: Worker) -> tuple[str, ...]:
    """The checks that hold on a worker: those whose attempt failed."""
    with _targets() as targets:
        task = Task(
            runtime="python",
            limits=Limits(processes=_PROCESSES, cpu_seconds=5, wall_seconds=10),
            files=("main",),
        )
        program = marshal.dumps(compile(_PROBE, "probe", "exec"))
        (report,) = worker.run(task, [program], [json.dumps(targets).encode()])
        return _held(report.stdout, targets) if report.status == 0 else ()


def _held(output: bytes, targets: dict[str, Any]) -> tuple[str, ...]:
    text = output.decode()
    succeeded, end = json.JSONDecoder().raw_decode(text)
    succeeded["fork"] = json.loads(text[end:])
    succeeded["survive"] = _lives(targets["name"])
    return tuple(check for check in CHECKS if succeeded.get(check) is False)


@contextmanager
def _targets() -> Iterator[dict[str, Any]]:
    """Things of this process that no program may reach."""
    name = f"genesys-probe-{secrets.token_hex(8)}"
    with (
        tempfile.TemporaryDirectory(prefix="genesys-canary-") as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unix,
    ):
        unix.bind("\0" + name)
        unix.listen(1)
        Path(folder).chmod(0o777)
        Path(folder, "canary").write_text(name)
        Path(folder, "canary").chmod(0o644)
        yield {
            "port": tcp.getsockname()[1],
            "unix": name,
            "folder": folder,
            "victim": os.getpid(),
            "name": name,
            "processes": _PROCESSES,
        }


def _lives(name: str) -> bool:
    """Whether a process of this name is anywhere to be seen."""
    wanted = name.encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if (folder / "cmdline").read_bytes().startswith(wanted):
                    return True
            except OSError:
                continue
    return False
