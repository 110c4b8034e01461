"""Files that survive a power cut: contents and names are synchronised, each before anybody relies on it.

A file's own fsync keeps its content; that it has a name, and that its folder has one, is kept by the fsync of
the folder around it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from genesys.errors import StorageError

ASIDE = ".writing"
"""Ending of a file's name until it is whole."""


def sync_folder(folder: Path) -> None:
    """Makes the names within a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it that are missing, durably."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def aside_of(path: Path) -> Path:
    """Where a file is written until it is whole."""
    return path.with_name(f".{path.name}{ASIDE}")


@contextmanager
def written_aside(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that gets its name when it is whole and durable, or never.

    Raises:
        OSError: If the disk refuses; no file of that name is left behind then.
    """
    aside = aside_of(path)
    try:
        with aside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


@contextmanager
def storage_errors(doing: str, remedy: str) -> Iterator[None]:
    """Makes of what the system refuses one clear error.

    Args:
        doing: What was being done: "cannot write /runs/first".
        remedy: What to do about it.

    Raises:
        StorageError: In place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error}", remedy) from error
