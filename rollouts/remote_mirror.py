"""This machine's copy of a remote run folder: a run folder like any other, brought level with the remote one.

Parts are never changed once they have their names, so that a part is either on both sides or on its way. A list
of those that are known to be on both sides, `.remote-parts`, saves looking at each of thousands again.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path

from genesys.errors import RunMismatch
from genesys.rollouts.durable import aside_of, make_folder, storage_errors
from genesys.rollouts.parts import part_files
from genesys.rollouts.remote_place import RemoteFolder
from genesys.rollouts.run_file import RUN_FILE
from genesys.rollouts.run_reader import LOG_FILE

_KNOWN = ".remote-parts"
_OWNER = ".remote-owner"
_COMPARED = 64 << 10
_REMEDY = "Free the disk, or give this machine's copy another place with --spool."


class Mirror:
    """A local copy of a remote run.

    Args:
        folder: Where it lies; made if absent.
        remote: What it is a copy of.

    Raises:
        StorageError: If the disk refuses.
    """

    def __init__(self, folder: Path, remote: RemoteFolder) -> None:
        self.folder = folder
        self.remote = remote
        with storage_errors(f"cannot make {folder}", _REMEDY):
            make_folder(folder)
            path = folder / _KNOWN
            self._known = set(path.read_text().splitlines()) if path.exists() else set()

    @property
    def owner(self) -> str:
        """What this copy is called in leases: the same from one call to the next."""
        path = self.folder / _OWNER
        with storage_errors(f"cannot write {path}", _REMEDY):
            if not path.exists():
                path.write_text(uuid.uuid4().hex)
            return path.read_text()

    def pull(self) -> int:
        """Fetches what is not here; how many parts that were.

        Raises:
            RunMismatch: If a part is another one here than there.
            StorageError: If the disk or the other side refuses.
        """
        sizes = self.remote.sizes()
        fetched = 0
        for name, size in sorted(sizes.items()):
            path = self.folder / name
            if name == RUN_FILE:
                self._pull_run_file(path)
            elif name == LOG_FILE:
                self._pull_log(path, size)
            elif name.endswith(".parquet") and name not in self._known:
                if path.exists():
                    self._check_same(name, path, size)
                else:
                    self._fetch(name, path)
                    fetched += 1
                self._note(name)
        return fetched

    def _pull_run_file(self, path: Path) -> None:
        if not path.exists():
            self._fetch(RUN_FILE, path)
        elif path.read_bytes() != self.remote.read(RUN_FILE):
            raise RunMismatch(
                f"{self.remote.place} and this machine's copy of it, {self.folder}, are different runs",
                "Move the copy away, or choose another --out folder.",
            )

    def _pull_log(self, path: Path, size: int) -> None:
        """The longer log is the later one: only who writes to the run adds lines."""
        if not path.exists() or path.stat().st_size < size:
            self._fetch(LOG_FILE, path)

    def _fetch(self, name: str, path: Path) -> None:
        aside = aside_of(path)
        with storage_errors(f"cannot write {path}", _REMEDY):
            make_folder(path.parent)
            try:
                self.remote.download(name, aside)
                aside.rename(path)
            finally:
                with suppress(OSError):
                    aside.unlink(missing_ok=True)

    def _check_same(self, name: str, path: Path, size: int) -> None:
        """A part with the name of another: this machine was stopped before sending it, and somebody went on."""
        here = path.read_bytes()[-_COMPARED:]
        if path.stat().st_size != size or self.remote.tail(name, len(here)) != here:
            raise RunMismatch(
                f"{name} is one thing at {self.remote.place} and another in this machine's copy, {self.folder}",
                "It was stopped before sending it, and another machine went on. Move the copy away to go on "
                "from what is there; to keep its rows, try: genesys merge COPY URL --out RUN",
            )

    def unsent(self) -> list[str]:
        """Names of what the other side does not have: run.json first, then parts in the order they refer."""
        found = [RUN_FILE] if (self.folder / RUN_FILE).exists() else []
        scores = sorted(path for path in (self.folder / "scores").glob("*") if path.is_dir())
        for place in (self.folder / "problems", self.folder / "completions", *scores):
            found += [str(part.relative_to(self.folder)) for part in part_files(place)]
        return [name for name in found if name not in self._known]

    def send(self, name: str) -> None:
        """Sends one file.

        Raises:
            StorageError: If the other side refuses.
        """
        self.remote.upload(name, self.folder / name)
        self._note(name)

    def send_log(self) -> None:
        """Sends the log, which grows.

        Raises:
            StorageError: If the other side refuses.
        """
        if (self.folder / LOG_FILE).exists():
            self.remote.upload(LOG_FILE, self.folder / LOG_FILE)

    def _note(self, name: str) -> None:
        self._known.add(name)
        path = self.folder / _KNOWN
        with storage_errors(f"cannot write {path}", _REMEDY), path.open("a") as file:
            file.write(name + "\n")
