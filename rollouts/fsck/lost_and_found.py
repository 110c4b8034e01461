"""Where a repair puts what it takes out: nothing is ever deleted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from genesys.rollouts.durable import make_folder, sync_folder

FOLDER = "lost+found"


class LostAndFound:
    """The folder `lost+found/` of a run; files keep their paths in it.

    Args:
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._folder = run / FOLDER

    def keep(self, path: Path) -> str:
        """Puts a second name of a file there, durably, so that the first may be written anew or removed.

        Returns:
            Where it is, relative to the run folder.
        """
        inside = path.relative_to(self._run) if path.is_relative_to(self._run) else Path(path.name)
        target = _free(self._folder / inside)
        make_folder(target.parent)
        try:
            os.link(path, target)
        except OSError:  # a file system without links, or a spool on another one
            shutil.copy2(path, target)
            with target.open("rb") as file:
                os.fsync(file.fileno())
        sync_folder(target.parent)
        return str(target.relative_to(self._run))

    def take(self, path: Path) -> str:
        """Moves a file there, durably."""
        place = self.keep(path)
        path.unlink()
        sync_folder(path.parent)
        return place

    def write(self, name: str, rows: Iterable[Any]) -> str:
        """Writes rows there that were no file of their own, as JSON lines; texts as they are."""
        target = _free(self._folder / name)
        make_folder(target.parent)
        with target.open("w") as file:
            for row in rows:
                file.write((row if isinstance(row, str) else json.dumps(row, default=str)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(target.parent)
        return str(target.relative_to(self._run))


def _free(path: Path) -> Path:
    number, target = 0, path
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.{number}")
    return target
