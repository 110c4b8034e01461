"""Run folders across a network: `s3://bucket/runs/first`, `gs://…`, `hf://datasets/me/runs/first`, through fsspec.

A remote folder holds what readers need (run.json, the parts, the log) and never the spool; see remote_run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, GenesysError, MissingExtra, StorageError
from genesys.optional import require
from genesys.schema import digest_of

_URL = re.compile(r"([a-z][a-z0-9+]+):/+(.+)", re.DOTALL)
_ATOMIC = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "hf", "memory", "oss", "oci"})
"""Protocols of object stores, where an object is there whole or not at all."""


def is_remote(place: Path | str) -> bool:
    """Whether a place is a URL and not a local path.

    `Path` folds the two slashes of a URL into one: "s3:/bucket/run" is remote, too, unless such a folder is there.
    """
    return _URL.fullmatch(str(place)) is not None and not Path(place).exists()


@dataclass(frozen=True)
class RemotePlace:
    """A folder that fsspec can reach.

    Attributes:
        protocol: "s3", "gs", …
        url: The folder's URL, without a slash at its end.
    """

    protocol: str
    url: str

    @classmethod
    def parse(cls, place: Path | str) -> RemotePlace:
        """Reads a URL, or what `Path` has made of one.

        Raises:
            ConfigurationError: If it is no URL.
        """
        found = _URL.fullmatch(str(place))
        if found is None:
            raise ConfigurationError(f"{str(place)!r} is no URL such as s3://bucket/run")
        protocol, rest = found.group(1), found.group(2).rstrip("/")
        return cls(protocol, f"{protocol}://{'/' if protocol in ('file', 'local') else ''}{rest}")

    def __str__(self) -> str:
        return self.url

    def mirror_folder(self, base: Path | None = None) -> Path:
        """Where this machine keeps its copy: under `base`, or the user's cache."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = self.url.rpartition("/")[2]
        return (base or cache / "genesys" / "runs") / f"{name}-{digest_of(self.url, bits=48)}"

    def open(self) -> RemoteFolder:
        """Connects.

        Raises:
            MissingExtra: If the protocol's package is not installed.
            ConfigurationError: If fsspec knows no such protocol.
        """
        fsspec = require("fsspec", extra="remote", feature=f"a run folder at {self.url}")
        try:
            files, path = fsspec.core.url_to_fs(self.url)
        except ImportError as error:
            raise MissingExtra(
                f"{self.url} needs another package: {error}",
                'Install it with: pip install "genesys-rl[remote]"',
            ) from error
        except ValueError as error:
            raise ConfigurationError(f"cannot reach {self.url}: {error}") from error
        return RemoteFolder(self, files, path.rstrip("/"))


@dataclass(frozen=True)
class RemoteFolder:
    """A remote folder that has been reached: whole files in and out, by their names in it.

    Every method raises StorageError where the other side refuses.
    """

    place: RemotePlace
    files: Any
    path: str

    def sizes(self) -> dict[str, int]:
        """Name -> bytes of everything in it; empty where there is no such folder."""
        with self._errors("read"):
            self.files.invalidate_cache()
            try:
                found = self.files.find(self.path, detail=True)
            except FileNotFoundError:
                return {}
            return {name[len(self.path) + 1 :]: info["size"] for name, info in found.items()}

    def read(self, name: str) -> bytes | None:
        """A small file's content, or None where there is none."""
        with self._errors("read"):
            try:
                content: bytes = self.files.cat_file(f"{self.path}/{name}")
            except FileNotFoundError:
                return None
            return content

    def tail(self, name: str, size: int) -> bytes:
        """The last bytes of a file."""
        with self._errors("read"):
            content: bytes = self.files.tail(f"{self.path}/{name}", size)
            return content

    def write(self, name: str, content: bytes) -> None:
        """Writes a small file."""
        with self._errors("write"):
            self._make_parent(name)
            self.files.pipe_file(f"{self.path}/{name}", content)

    def remove(self, name: str) -> None:
        """Removes a file."""
        with self._errors("write"):
            self.files.rm_file(f"{self.path}/{name}")

    def upload(self, name: str, source: Path) -> None:
        """Sends a file; it gets its name when it is whole."""
        target = f"{self.path}/{name}"
        with self._errors("write"):
            self._make_parent(name)
            if self.place.protocol in _ATOMIC:
                self.files.put_file(str(source), target)
            else:
                self.files.put_file(str(source), f"{target}.writing")
                self.files.mv(f"{target}.writing", target)
            self.files.invalidate_cache()
            size, sent = source.stat().st_size, self.files.info(target)["size"]
        if sent != size:
            raise StorageError(f"{self.place}/{name} has {sent} bytes, and {size} were sent")

    def download(self, name: str, target: Path) -> None:
        """Fetches a file into an open place; the caller gives it its name."""
        with self._errors("read"):
            self.files.get_file(f"{self.path}/{name}", str(target))

    def _make_parent(self, name: str) -> None:
        if self.place.protocol not in _ATOMIC:
            self.files.makedirs(f"{self.path}/{name}".rpartition("/")[0], exist_ok=True)

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except GenesysError:
            raise
        except Exception as error:  # each file system has exceptions of its own
            said = " ".join(str(error).split())[:300] or type(error).__name__
            raise StorageError(
                f"cannot {doing} {self.place}: {said}", "See that it can be reached and that you may use it."
            ) from error
