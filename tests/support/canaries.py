"""Things that no program may reach, planted around a grading: see the README of the hostile programs."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ANSWER = "SECRETANSWER42"


@dataclass
class Canaries:
    """What was planted, and what reached it.

    Attributes:
        folder: Holds `expected.txt` with the answer; nothing may be read from it or written to it.
        tcp_port: A loopback listener.
        udp_port: A loopback socket.
        user: An account of this machine.
        victim: A sleeping process of the verifier's user.
        reached: Connections and datagrams that arrived.
    """

    folder: Path
    tcp_port: int
    udp_port: int
    user: str
    victim: subprocess.Popen[bytes]
    reached: list[str] = field(default_factory=list)

    def fill(self, source: str) -> str:
        """Puts what was planted in the place of a program's placeholders."""
        placeholders = {
            "@CANARY_DIR@": str(self.folder),
            "@TCP_PORT@": str(self.tcp_port),
            "@UDP_PORT@": str(self.udp_port),
            "@USER@": self.user,
        }
        for name, value in placeholders.items():
            source = source.replace(name, value)
        return source

    def damage(self) -> list[str]:
        """What is no longer as it was planted, and what was left behind."""
        found = list(self.reached)
        if self.victim.poll() is not None:
            found.append("the victim died")
        if sorted(path.name for path in self.folder.iterdir()) != ["expected.txt"]:
            found.append("a file was left in the canary folder")
        if living("sbxdaemon"):
            found.append("a daemon survived")
        return found


def living(name: str) -> bool:
    """Whether a process with this word at the start of its command line is alive."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal() and (folder / "cmdline").read_bytes().startswith(name.encode()):
                return True
    return False


@contextmanager
def planted() -> Iterator[Canaries]:
    """Plants the canaries and removes them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="canaries-")))
        folder.chmod(0o777)
        (folder / "expected.txt").write_text(ANSWER)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        unix = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        with suppress(OSError):  # another run's
            unix.bind("\0sbxcanary")
            unix.listen(8)
        victim = subprocess.Popen(["sleep", "3600"], start_new_session=True)
        stack.callback(_end, victim)
        os.environ["SECRET"] = "hunter2"
        stack.callback(os.environ.pop, "SECRET", None)
        canaries = Canaries(folder, tcp.getsockname()[1], udp.getsockname()[1], _account(), victim)
        for listener in (tcp, udp, unix):
            threading.Thread(target=_listen, args=(listener, canaries.reached), daemon=True).start()
        yield canaries


def _account() -> str:
    """An account whose name is no common word."""
    names = [entry.pw_name for entry in pwd.getpwall() if len(entry.pw_name) > 5]
    return "messagebus" if "messagebus" in names else names[-1]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def _listen(listener: socket.socket, reached: list[str]) -> None:
    with suppress(OSError):
        while True:
            if listener.type == socket.SOCK_DGRAM:
                listener.recvfrom(64)
                reached.append("a datagram arrived")
            else:
                listener.accept()[0].close()
                reached.append("a connection arrived")
