"""Several folders of one run made one: shards of a plan, or the same plan harvested in two places.

    merge(["alice", "bob"], "whole")

Equal id and equal text is one row; equal id and another text is an error that names both. Rows stream through
sorted files on the disk of the result, so that runs may be larger than memory.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesys.errors import ConfigurationError, RunMismatch
from genesys.rollouts.durable import make_folder, storage_errors, sync_folder, written_aside
from genesys.rollouts.external_sort import BUDGET, ExternalSort
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.merge_rules import one_of
from genesys.rollouts.parts import write_part
from genesys.rollouts.remote_place import is_remote
from genesys.rollouts.run_file import part_metadata, run_info, write_run_file
from genesys.rollouts.run_folder import PART_CHARACTERS
from genesys.rollouts.run_lock import LOCK_FILE, RunLock
from genesys.rollouts.run_reader import KEYS, LOG_FILE, SCHEMAS, RunReader
from genesys.rollouts.shard import Shard
from genesys.rollouts.tables import VOLATILE

_SORTING = ".sorting"


@dataclass(kw_only=True)
class MergeReport:
    """What a merge made.

    Attributes:
        rows: Kind, or verifier, -> rows of the result.
        duplicates: Kind, or verifier, -> rows that stood in several runs and count once.
        missing_shards: Shards of the plan that none of the runs was called with, such as "3/4".
    """

    rows: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    missing_shards: list[str] = field(default_factory=list)


def merge(
    runs: Sequence[Path | str],
    out: Path | str,
    *,
    canonical: bool = False,
    part_characters: int = PART_CHARACTERS,
    budget: int = BUDGET,
    on_rows: Callable[[str, int], None] = lambda kind, rows: None,
) -> MergeReport:
    """Merges run folders into a new one, which is there whole or not at all.

    Args:
        runs: The folders; of equal rows the first folder's is kept.
        out: The new folder.
        canonical: Leave out what may differ between two runs of one identity (`tables.VOLATILE` is null, and
            there is no log), so that two of a reproducible sampler are the same bytes.
        part_characters: Characters of rows of a kind that become a part.
        budget: Bytes of rows in memory.
        on_rows: Called with a kind and how many of its rows are written, now and then.

    Raises:
        ConfigurationError: If `out` is a URL.
        RunMismatch: If the runs are not of one identity, or `out` is there already.
        Conflict: If two runs have different rows under one id; the error names both.
        StorageError: If the disk refuses.
    """
    if is_remote(out):
        raise ConfigurationError(
            f"--out {out} is a URL, and a merge is made on a local disk",
            "Merge into a folder, and copy that.",
        )
    readers = [RunReader.open(run) for run in runs]
    identity = common_identity(readers)
    out = Path(out)
    if out.exists():
        raise RunMismatch(f"{out} exists already", "Choose another --out folder: a merge makes a new run.")
    aside = out.with_name(f".{out.name}.merging")
    report = MergeReport(missing_shards=_missing_shards(readers))
    with storage_errors(f"cannot write {out}", "Free the disk, and run the same command again."):
        make_folder(aside)
        lock = RunLock(aside)
        try:
            _empty(aside)
            work = _Merge(readers, aside, identity, canonical, part_characters, budget, on_rows, report)
            work.run()
            _finish(aside, out)
        finally:
            lock.release()
    return report


def common_identity(readers: Sequence[RunReader]) -> RunIdentity:
    """The identity that all runs share.

    Raises:
        ConfigurationError: If there is no run.
        RunMismatch: If two differ; the error says in what.
    """
    if not readers:
        raise ConfigurationError("there is no run to merge", "Name the run folders.")
    first = RunIdentity(**readers[0].identity)
    for other in readers[1:]:
        differences = RunIdentity(**other.identity).differences(readers[0].identity)
        if differences:
            raise RunMismatch(
                f"{readers[0].folder} and {other.folder} are different runs:\n  " + "\n  ".join(differences),
                "A merge makes one run of folders with one identity, such as shards. Different runs go "
                "together into a dataset: genesys curate RUN RUN …",
            )
    return first


@dataclass(frozen=True)
class _Merge:
    """One merge on its way."""

    readers: list[RunReader]
    folder: Path
    identity: RunIdentity
    canonical: bool
    part_characters: int
    budget: int
    on_rows: Callable[[str, int], None]
    report: MergeReport

    def run(self) -> None:
        """Writes all that a run folder holds."""
        for kind in ("problems", "completions"):
            self._write(kind)
        for verifier in sorted({key for reader in self.readers for key in reader.verifier_keys()}):
            self._write("scores", verifier)
        shutil.rmtree(self.folder / _SORTING)
        if not self.canonical:
            self._write_log()
        write_run_file(self.folder, run_info(self.identity, None))

    def _write(self, kind: str, verifier: str | None = None) -> None:
        name = verifier or kind
        pending: list[dict[str, Any]] = []
        characters = 0
        for row in self._resolved(kind, verifier):
            pending.append(row)
            characters += sum(len(value) for value in row.values() if isinstance(value, str))
            self.report.rows[name] += 1
            if characters >= self.part_characters:
                self._write_part(kind, verifier, pending)
                pending, characters = [], 0
        if pending:
            self._write_part(kind, verifier, pending)

    def _resolved(self, kind: str, verifier: str | None) -> Iterator[dict[str, Any]]:
        """Each row once, by key."""
        folders = [str(reader.folder) for reader in self.readers]
        for _, group in groupby(self._sorted(kind, verifier).rows(), key=lambda one: one.key):
            same = list(group)
            row = one_of(kind, same, folders)
            self.report.duplicates[verifier or kind] += len(same) - 1
            if self.canonical:
                row |= {name: None for name in VOLATILE if name in row}
            yield row

    def _sorted(self, kind: str, verifier: str | None) -> ExternalSort:
        place = self.folder / _SORTING / (verifier or kind)
        sort = ExternalSort(place, KEYS[kind], self.budget)
        for origin, reader in enumerate(self.readers):
            if verifier is None or verifier in reader.verifier_keys():
                for batch in reader.batches(kind, verifier=verifier):
                    sort.add(batch, origin)
        return sort

    def _write_part(self, kind: str, verifier: str | None, rows: list[dict[str, Any]]) -> None:
        table = pa.Table.from_pylist(rows, schema=SCHEMAS[kind])
        folder = self.folder / ("scores" if verifier else kind) / (verifier or "")
        write_part(folder, table.replace_schema_metadata(part_metadata(self.identity)))
        self.on_rows(verifier or kind, self.report.rows[verifier or kind])

    def _write_log(self) -> None:
        """The logs of all runs one after the other, and a last line that says so."""
        with written_aside(self.folder / LOG_FILE) as file:
            for reader in self.readers:
                for event in reader.log():
                    file.write((json.dumps(event) + "\n").encode())
            names = [str(reader.folder) for reader in self.readers]
            line = {"time": time.time(), "event": "merged", "runs": names, "rows": self.report.rows}
            file.write((json.dumps(line) + "\n").encode())


def _missing_shards(readers: Sequence[RunReader]) -> list[str]:
    """Shards of the plan that nobody has harvested, as far as the logs tell."""
    calls = [event for reader in readers for event in reader.log() if event.get("event") == "collect"]
    seen = {Shard.parse(event["shard"]) if event.get("shard") else Shard(1, 1) for event in calls}
    if not seen or Shard(1, 1) in seen:
        return []
    most = max(shard.count for shard in seen)
    present = {shard.index for shard in seen if shard.count == most}
    return [str(Shard(index, most)) for index in range(1, most + 1) if index not in present]


def _empty(aside: Path) -> None:
    """Removes what an earlier merge into the same folder left when it was killed."""
    for entry in aside.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != LOCK_FILE:
            entry.unlink()


def _finish(aside: Path, out: Path) -> None:
    (aside / LOCK_FILE).unlink()
    sync_folder(aside)
    aside.rename(out)
    sync_folder(out.parent)
