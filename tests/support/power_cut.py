"""What a power cut leaves: a disk's state after any prefix of a recorded log of operations.

The log is the fault shim's. Between the operation and the plug, a disk has promised only what was
synchronised: the content of a file by its own fsync, a name by its folder's. What was not may be there or not:

    lost    nothing that was not synchronised
    names   all names, but of the contents only what was synchronised: files of length zero, as journals leave
    kept    everything, as after SIGKILL
    torn    everything, and half of the last write
    some    all names, and of each file's unsynchronised writes an arbitrary half
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_HEAD = struct.Struct("<cHHqQ")
VARIANTS = ("lost", "names", "kept", "torn", "some")


class Operation(NamedTuple):
    """One recorded operation; see fault_shim.c.

    Attributes:
        kind: C create, T truncate, W write, S sync a file, D sync a folder, R rename, U unlink, M mkdir,
            A acknowledgement.
        path: What it is done to.
        target: The new name, of a rename.
        offset: Of a write; of a truncation, the new size.
        data: Of a write or an acknowledgement.
    """

    kind: str
    path: str
    target: str
    offset: int
    data: bytes


def read_log(path: Path) -> Iterator[Operation]:
    """The operations of a log, in their order."""
    content, place = path.read_bytes(), 0
    while place < len(content):
        kind, first, second, offset, size = _HEAD.unpack_from(content, place)
        place += _HEAD.size
        ends = (place + first, place + first + second, place + first + second + size)
        names = content[place : ends[0]].decode(), content[ends[0] : ends[1]].decode()
        yield Operation(kind.decode(), *names, offset, content[ends[1] : ends[2]])
        place = ends[2]


@dataclass
class _File:
    content: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    pending: list[Operation] = field(default_factory=list)


_FOLDER = _File()


@dataclass
class Disk:
    """A disk as it is after some operations, and what of it would survive.

    Attributes:
        root: The folder that was recorded; it was empty and is durable itself.
        acknowledged: Rows that were said to be committed, as "kind key".
    """

    root: Path
    acknowledged: set[str] = field(default_factory=set)
    _names: dict[str, _File] = field(default_factory=dict)
    _durable: dict[str, _File] = field(default_factory=dict)

    def apply(self, operation: Operation) -> None:
        """Does one operation."""
        kind, path = operation.kind, operation.path
        if kind == "A":
            self.acknowledged.update(operation.data.decode().splitlines())
        elif kind in "CM":
            self._names[path] = _File() if kind == "C" else _FOLDER
        elif kind == "U":
            self._names.pop(path, None)
        elif kind == "R":
            self._rename(path, operation.target)
        elif kind == "D":
            self._sync_names(path)
        elif kind in "WTS" and path in self._names:  # not of a file that was unlinked while it was open
            _change(self._names[path], operation)

    def _rename(self, path: str, target: str) -> None:
        for old in [name for name in self._names if name == path or name.startswith(path + "/")]:
            self._names[target + old[len(path) :]] = self._names.pop(old)

    def _sync_names(self, folder: str) -> None:
        def lies_in(name: str) -> bool:
            return name.rpartition("/")[0] == folder

        self._durable = {name: file for name, file in self._durable.items() if not lies_in(name)}
        self._durable |= {name: file for name, file in self._names.items() if lies_in(name)}

    def write(self, target: Path, variant: str, seed: int = 0) -> None:
        """Makes the state that a power cut leaves, under another folder."""
        rng = random.Random(seed)
        names = self._durable if variant == "lost" else self._names
        target.mkdir(parents=True)
        for name in sorted(names):  # a folder before what is in it
            place = target / Path(name).relative_to(self.root)
            if not place.parent.is_dir() or name.endswith("-shm"):
                continue  # its folder's name was lost; SQLite's shared memory is nothing after a restart
            if names[name] is _FOLDER:
                place.mkdir()
            else:
                place.write_bytes(_survivor(names[name], variant, rng))


def _change(file: _File, operation: Operation) -> None:
    if operation.kind == "S":
        file.synced, file.pending = bytes(file.content), []
        return
    _do(file.content, operation)
    file.pending.append(operation)


def _do(content: bytearray, operation: Operation) -> None:
    end = operation.offset + len(operation.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if operation.kind == "T":
        del content[operation.offset :]
    else:
        content[operation.offset : end] = operation.data


def _survivor(file: _File, variant: str, rng: random.Random) -> bytes:
    if variant in ("lost", "names"):
        return file.synced
    if variant == "kept" or not file.pending:
        return bytes(file.content)
    content = bytearray(file.synced)
    survivors = (
        file.pending[:-1] if variant == "torn" else [one for one in file.pending if rng.random() < 0.5]
    )
    for one in survivors:
        _do(content, one)
    last = file.pending[-1]
    if variant == "torn":
        _do(content, last._replace(data=last.data[: len(last.data) // 2]) if last.kind == "W" else last)
    return bytes(content)
