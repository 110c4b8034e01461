"""The output folder: checked before anything is done, and replaced as a whole or not at all."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genesys.errors import ConfigurationError, StorageError
from genesys.rollouts.durable import sync_folder

MANIFEST = "manifest.json"
FORMAT = "genesys-dataset"

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where a dataset is written before it takes its place.

    Attributes:
        dataset: Becomes the output folder.
        spill: For what does not fit into memory.
    """

    dataset: Path
    spill: Path


def check_out(out: Path, runs: Sequence[Path], *, overwrite: bool) -> None:
    """Says whether a dataset may be written to `out`, before any work is done.

    A folder that holds nothing but a dataset of ours is replaced; anything else only with `overwrite`,
    and a run folder or what holds one never.

    Raises:
        ConfigurationError: If it may not.
    """
    out = out.resolve()
    for run in (run.resolve() for run in runs):
        if run == out or run in out.parents or out in run.parents:
            raise ConfigurationError(
                f"--out {out} and the run {run} lie in one another",
                "A dataset replaces its folder as a whole: choose a folder beside the runs.",
            )
    if out.exists() and not out.is_dir():
        raise ConfigurationError(f"--out {out} is a file", "Choose a folder.")
    if not out.exists() or not any(out.iterdir()):
        return
    stranger = _stranger(out)
    if stranger is None:
        return
    if out in (Path.cwd(), *Path.cwd().parents, Path.home(), *Path.home().parents):
        raise ConfigurationError(f"--out {out} is no dataset folder", "Choose a new or an empty folder.")
    if not overwrite:
        raise ConfigurationError(
            f"--out {out} holds {stranger!r}, which is not part of a dataset made by genesys",
            "Choose another folder, or replace all of this one with --overwrite.",
        )


def _stranger(out: Path) -> str | None:
    """A file in the folder that no manifest of ours lists, or None."""
    try:
        manifest = json.loads((out / MANIFEST).read_text("utf-8"))
        ours = {MANIFEST, *(file["path"] for file in manifest["files"])}
        known = manifest["format"] == FORMAT
    except (OSError, ValueError, TypeError, KeyError):
        known = False
    if not known:
        return min(path.name for path in out.iterdir())
    found = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir())
    return next((path for path in found if path not in ours), None)


@contextmanager
def replacing(out: Path) -> Iterator[Workplace]:
    """Gives a place to write to beside `out`, and swaps it in when all has gone well.

    Whatever ends it earlier leaves `out` as it was. What a killed process left beside is removed.

    Raises:
        StorageError: If the disk refuses.
    """
    out = out.resolve()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(out)
        work = out.with_name(f".{out.name}.{os.getpid()}.writing")
        work.mkdir()
        lock = _locked(work)
    except OSError as error:
        raise StorageError(f"cannot write beside {out}: {error}", "Choose another --out folder.") from error
    try:
        place = Workplace(dataset=work / "dataset", spill=work / "spill")
        place.dataset.mkdir()
        yield place
        try:
            _swap(place.dataset, out, aside=work / "previous")
        except OSError as error:
            raise StorageError(f"cannot replace {out}: {error}", "Choose another --out folder.") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A lock on a folder, held as long as the descriptor is open; None where another process has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_abandoned(out: Path) -> None:
    for path in out.parent.iterdir():
        if path.name.startswith(f".{out.name}.") and path.name.endswith(".writing") and path.is_dir():
            lock = _locked(path)
            if lock is not None:
                if (path / "previous").is_dir() and not out.exists():
                    (path / "previous").rename(out)  # killed between two renames
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def _swap(new: Path, out: Path, *, aside: Path) -> None:
    """Puts `new` in the place of `out`; at every moment one of them is there, where the system can."""
    sync_folder(new)
    if not out.exists() or not any(out.iterdir()):
        new.rename(out)
    elif not _exchanged(new, out):
        out.rename(aside)
        try:
            new.rename(out)
        except BaseException:
            aside.rename(out)
            raise
    sync_folder(out.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchanges two folders in one step; False where the system or the file system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    arguments = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return bool(rename(*arguments) == 0)
