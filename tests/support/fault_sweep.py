"""One fault in one harvest, and what it may not do: lose a committed row, hide the fault, or stay in the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from fault_rig import Called, Rig
from power_cut import VARIANTS, Disk, Operation, read_log
from runs import content

from genesys.errors import ConfigurationError, GenesysError
from genesys.rollouts.run_reader import KEYS, RunReader, key_of

KINDS = ("EIO", "ENOSPC", "GONE", "SHORT", "TORN", "KILL")


@dataclass(frozen=True)
class Whole:
    """The harvest that nothing disturbed.

    Attributes:
        tables: Kind -> its rows in a fixed order, without what may differ.
        log: Every operation on the disk.
        operations: How many of these a fault can hit.
    """

    tables: dict[str, pa.Table]
    log: list[Operation]
    operations: int


def harvest_whole(rig: Rig, root: Path) -> Whole:
    """Runs the harvest without a fault, recorded."""
    fresh(root)
    log = rig.folder / "operations.log"
    log.unlink(missing_ok=True)
    called = rig.harvest(root, log=log)
    assert called.status == 0, called.errors
    return Whole(tables_of(root / "run"), list(read_log(log)), called.operations)


def fresh(root: Path) -> None:
    """Empties a folder; its name stays, for a run notes where its spool is."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)


def tables_of(run: Path) -> dict[str, pa.Table]:
    """All a run holds, to compare."""
    tables = {kind: content(run, kind) for kind in ("problems", "completions")}
    return tables | {key: content(run, "scores", key) for key in RunReader(run).verifier_keys()}


def faulty(rig: Rig, root: Path, whole: Whole, kind: str, at: int) -> list[str]:
    """What is wrong with a harvest whose operation number `at` fails, and with going on after it."""
    fresh(root)
    called = rig.harvest(root, kind=kind, at=at)
    return [*_unclear(called, kind), *lost(root, called.acknowledged), *_resumed(rig, root, whole)]


def cut(rig: Rig, root: Path, whole: Whole, disk: Disk, variant: str, seed: int) -> list[str]:
    """What is wrong with going on after a power cut."""
    shutil.rmtree(root)
    disk.write(root, variant, seed)
    return [*lost(root, disk.acknowledged), *_resumed(rig, root, whole)]


def cuts(whole: Whole, root: Path) -> Iterator[tuple[int, Disk]]:
    """The disk after every prefix of the log."""
    disk = Disk(root)
    yield 0, disk
    for place, operation in enumerate(whole.log, 1):
        disk.apply(operation)
        yield place, disk


def _unclear(called: Called, kind: str) -> Iterator[str]:
    """A fault ends in one clear error, or is no fault for anybody."""
    if kind == "KILL" and called.status == -9:
        return
    if called.status not in (0, 1):
        yield f"exit status {called.status}: {called.errors[-300:]}"
    if "Traceback" in called.errors:
        yield f"a traceback: {called.errors[-500:]}"
    if called.status == 1 and sum(line.startswith("error: ") for line in called.errors.splitlines()) != 1:
        yield f"not one clear error: {called.errors[-300:]}"


def lost(root: Path, acknowledged: frozenset[str] | set[str]) -> Iterator[str]:
    """Committed rows that nobody finds any more."""
    try:
        there = frozenset(_stored(root / "run"))
    except (ConfigurationError, FileNotFoundError):
        there = frozenset()  # no run folder yet
    except GenesysError as error:
        yield f"the run cannot be read: {error}"
        return
    if missing := acknowledged - there:
        yield f"{len(missing)} committed rows lost, such as {min(missing)}"


def _stored(run: Path) -> Iterator[str]:
    reader = RunReader(run)
    for kind in KEYS:
        for verifier in reader.verifier_keys() if kind == "scores" else [None]:
            for batch in reader.batches(kind, verifier=verifier):
                yield from (f"{kind} {key_of(kind, row)}" for row in batch.to_pylist())


def _resumed(rig: Rig, root: Path, whole: Whole) -> Iterator[str]:
    called = rig.harvest(root)
    if called.status or called.errors.count("error"):
        yield f"resume ended with {called.status}: {called.errors[-500:]}"
        return
    tables = tables_of(root / "run")
    for kind in whole.tables:
        if kind not in tables or not tables[kind].equals(whole.tables[kind]):
            yield f"after resume, {kind} differ"
    leftovers = [path.name for path in root.rglob("*") if path.name.endswith(".writing")]
    if leftovers:
        yield f"left over: {leftovers}"


__all__ = [
    "KINDS",
    "VARIANTS",
    "Whole",
    "cut",
    "cuts",
    "faulty",
    "fresh",
    "harvest_whole",
    "lost",
    "tables_of",
]
