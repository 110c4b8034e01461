"""What is compiled once per machine: precompiled headers and the harness runner, keyed by their toolchain.

The folder is read-only inside the sandbox. It holds nothing that a submission made: its files come from
trusted sources and trusted compilers, and only the owner may write to it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path


@cache
def store() -> Path:
    """The folder, made on first use; readable by every user, so that unprivileged tests can read it.

    Where its usual place belongs to somebody else, this process gets one of its own.
    """
    usual = Path(tempfile.gettempdir()) / f"genesys-store-{os.geteuid()}"
    usual.mkdir(mode=0o755, exist_ok=True)
    status = usual.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
    if ours:
        return usual
    private = Path(tempfile.mkdtemp(prefix="genesys-store-"))
    private.chmod(0o755)
    atexit.register(shutil.rmtree, private, ignore_errors=True)
    return private


def put(name: str, content: bytes) -> None:
    """Writes a file aside and moves it into place: a reader sees all of it or nothing."""
    target = store() / name
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".part-", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(target)
