"""How an unprivileged test reads a toolchain that lies in root's home.

Where the worker is root and has no mount namespace, tests run as another user, and that user cannot walk
through `/root` to a Python or a Rust that was installed there, though the folder itself is readable. A
descriptor of the folder leads past its parents: `/proc/self/fd/200/lib` needs no right on `/root`. It
opens nothing that Landlock and the folder's own permissions would not allow.
"""

from __future__ import annotations

import fcntl
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

FIRST = 200
"""The lowest number of such a descriptor: above all that programs are given."""


class Reach:
    """Descriptors of folders that other users cannot walk to.

    Attributes:
        aliases: Folder -> path that leads there through a descriptor.
        end: One more than the highest descriptor.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self.aliases: dict[str, str] = {}
        self.end = FIRST
        for folder in folders:
            if Path(folder).is_dir() and not _walkable(folder):
                self._open(folder)
        if self.aliases:
            self._redirect_imports()

    def _open(self, folder: str) -> None:
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD, FIRST)  # without close-on-exec: compilers need it
        os.close(descriptor)
        self.aliases[folder] = f"/proc/self/fd/{moved}"
        self.end = moved + 1

    def _redirect_imports(self) -> None:
        """Makes later imports, of this process and its forks, take the same way."""
        sys.path[:] = [self.rewrite(entry) for entry in sys.path]
        sys.path_importer_cache.clear()
        for module in list(sys.modules.values()):
            places = getattr(module, "__path__", None)
            if isinstance(places, list):
                places[:] = [self.rewrite(place) for place in places]

    def rewrite(self, text: str) -> str:
        """A command's word with its folders named so that the test can get there."""
        for folder, alias in self.aliases.items():
            text = text.replace(folder, alias)
        return text


def _walkable(folder: str) -> bool:
    """Whether every user may walk to a folder and list it."""
    path = Path(folder).resolve()
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))
