"""Writing a run folder: one identity, one writer, and nothing committed is ever lost.

    row -> spool (durable: committed) -> part aside -> fsync -> rename -> removed from the spool

A writer killed between any two of these leaves a row in the spool, in a part, or in both under one key.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from genesys.errors import RunMismatch, StorageError
from genesys.rollouts.durable import aside_of, make_folder, storage_errors
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.local_disk import check_local
from genesys.rollouts.parts import read_parts, remove_unfinished, write_part
from genesys.rollouts.rows import completion_row, problem_row, score_row
from genesys.rollouts.run_file import RUN_FILE, part_metadata, run_info, write_run_file
from genesys.rollouts.run_lock import LOCK_FILE, RunLock
from genesys.rollouts.run_reader import KEYS, LOG_FILE, SCHEMAS, SPOOL_FILE, RunReader, key_of
from genesys.rollouts.spool import OWNER, Spool, SpoolRow

__all__ = ["PART_CHARACTERS", "RunFolder", "completion_row", "problem_row", "score_row"]

PART_CHARACTERS = 64 << 20
"""Parts of some ten megabytes after compression: few enough to list, small enough to copy again."""


class RunFolder:
    """A run folder opened for writing; use it as a context manager.

    Args:
        folder: Where; made if absent.
        identity: What the run is. An existing folder must have the same.
        spool: Where the spool lies; on a local disk. By default inside the folder.
        part_characters: Characters of spooled rows of a kind that become a part.
        on_part: Called with each part that has been written.
        flush_seconds: After so long a commit moves all rows into parts, however few; None never does.

    Raises:
        RunMismatch: If the folder belongs to another run, or holds other things.
        RunLocked: If another process writes to it.
        ConfigurationError: If the spool would lie across a network.
        StorageError: If the disk refuses.
    """

    def __init__(
        self,
        folder: Path | str,
        identity: RunIdentity,
        *,
        spool: Path | None = None,
        part_characters: int = PART_CHARACTERS,
        on_part: Callable[[Path], None] = lambda part: None,
        flush_seconds: float | None = None,
    ) -> None:
        self.folder = Path(folder)
        self._part_characters = part_characters
        self.identity = identity
        self._on_part = on_part
        self._flush_seconds = flush_seconds
        self._flushed = time.monotonic()
        with storage_errors(f"cannot make {folder}", "Choose another --out folder."):
            make_folder(self.folder)
        self._closed = False
        self._lock = RunLock(self.folder)
        try:
            self._adopt(spool)
            self.reader = RunReader(self.folder)
            self._open_spool()
            self._end_torn_line()
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    def reopen(cls, folder: Path | str, *, on_part: Callable[[Path], None] = lambda part: None) -> Self:
        """Opens a run that exists, as what it is.

        Args:
            folder: The run folder.
            on_part: Called with each part that has been written.

        Raises:
            ConfigurationError: If it is no run folder.
            RunLocked: If another process writes to it.
        """
        return cls(folder, RunIdentity(**RunReader(folder).identity), on_part=on_part)

    def _adopt(self, spool: Path | None) -> None:
        path = self.folder / RUN_FILE
        if path.is_file():
            self._check_spool(spool)
            differences = self.identity.differences(RunReader(self.folder).identity)
            if differences:
                raise RunMismatch(
                    f"{self.folder} is another run:\n  " + "\n  ".join(differences),
                    "Run with its settings to continue it, or choose another --out folder.",
                )
            return
        with storage_errors(f"cannot read {self.folder}", "Choose another --out folder."):
            aside_of(path).unlink(missing_ok=True)  # an earlier start was killed before there was a run
            names = {entry.name for entry in self.folder.iterdir()} - {LOCK_FILE}
        if strangers := [name for name in names if not name.startswith((SPOOL_FILE, ".remote-"))]:
            raise RunMismatch(
                f"{self.folder} is no run folder and holds {min(strangers)!r}", "Choose another --out folder."
            )
        write_run_file(self.folder, run_info(self.identity, spool))

    def _check_spool(self, spool: Path | None) -> None:
        there = RunReader(self.folder).spool_path
        if spool is not None and spool.resolve() != there.resolve():
            raise RunMismatch(
                f"the spool of {self.folder} is {there}, not {spool}",
                "Leave --spool out, or give the folder that the run began with.",
            )

    def _open_spool(self) -> None:
        check_local(self.reader.spool_path.parent)
        self._spool = Spool(self.reader.spool_path)
        try:
            self._claim_spool()
            self._forget_stored_rows()
            self._forget_scores_of_nothing()
            self._spooled = self._spool.sizes()
        except BaseException:
            self._spool.close()
            raise

    def _claim_spool(self) -> None:
        """A spool of its own place outlives its run folder, and may not fill another run's."""
        mine = self.identity.to_json()
        owners = [row for _, _, row in self._spool.rows(OWNER)]
        if owners and any(self._spool.keys(kind) for kind in KEYS):
            differences = self.identity.differences(owners[0])
            if differences:
                raise RunMismatch(
                    f"the spool {self._spool.path} holds committed rows of another run:\n  "
                    + "\n  ".join(differences),
                    f"Run with its settings to get them into {self.folder}, or move the spool away.",
                )
        if owners != [mine]:
            self._spool.commit([SpoolRow(OWNER, "identity", mine)])

    def _end_torn_line(self) -> None:
        """Lets the next line of the log begin where one was torn."""
        path = self.folder / LOG_FILE
        with storage_errors(f"cannot write {path}", "Free the disk or fix its permissions."):
            if path.is_file() and path.stat().st_size and not path.read_bytes().endswith(b"\n"):
                with path.open("ab") as file:
                    file.write(b"\n")

    def _forget_stored_rows(self) -> None:
        """Drops from the spool what a part holds already: a writer was killed between the two."""
        for kind in KEYS:
            for folder in self._part_folders(kind):
                remove_unfinished(folder)
                # A verdict that was made again stands under the key of the earlier one: it is no copy.
                columns = [*KEYS[kind], *(("score", "cause") if kind == "scores" else ())]
                spooled = {key: [row[name] for name in columns] for _, key, row in self._spool.rows(kind)}
                if not spooled:
                    continue
                copies = {
                    key_of(kind, row)
                    for batch in read_parts(folder, columns)
                    for row in batch.to_pylist()
                    if spooled.get(key_of(kind, row)) == [row[name] for name in columns]
                }
                self._spool.remove_keys(kind, copies)

    def _forget_scores_of_nothing(self) -> None:
        """Drops verdicts whose completions were lost with their folder: both are made again, and count once."""
        scored = {key: row["response_id"] for _, key, row in self._spool.rows("scores")}
        if scored:
            there = self.response_ids()
            self._spool.remove_keys("scores", [key for key, name in scored.items() if name not in there])

    def _part_folders(self, kind: str) -> list[Path]:
        if kind == "scores":
            return sorted(path for path in (self.folder / "scores").glob("*") if path.is_dir())
        return [self.folder / kind]

    def response_ids(self) -> set[str]:
        """The ids of all committed completions."""
        return self._column("completions", "response_id")

    def problem_ids(self) -> set[str]:
        """The ids of all committed problems."""
        return self._column("problems", "problem_id")

    def unanswered_problem_ids(self) -> set[str]:
        """The ids of problems that have completions here and are not here themselves: a part of them was lost."""
        return self._column("completions", "problem_id") - self.problem_ids()

    def _column(self, kind: str, column: str) -> set[str]:
        return {
            value for batch in self.reader.batches(kind, [column]) for value in batch.column(0).to_pylist()
        }

    def commit(self, rows: Iterable[SpoolRow]) -> None:
        """Makes rows durable, all or none; writes a part when enough have gathered.

        Raises:
            StorageError: If the disk refuses.
        """
        self._spooled += self._spool.commit(rows)
        due = self._flush_seconds is not None and time.monotonic() - self._flushed > self._flush_seconds
        for kind in KEYS:
            if due or self._spooled[kind] >= self._part_characters:
                self.flush(kind)
        if due:
            self._flushed = time.monotonic()

    def flush(self, kind: str) -> None:
        """Moves the spooled rows of a kind into parts."""
        rows = list(self._spool.rows(kind))
        if not rows:
            return
        self._check_there()
        groups: dict[str | None, list[dict[str, Any]]] = {}
        for _, _, row in rows:
            groups.setdefault(row.get("verifier") if kind == "scores" else None, []).append(row)
        for verifier, members in groups.items():
            table = pa.Table.from_pylist(members, schema=SCHEMAS[kind])
            table = table.replace_schema_metadata(part_metadata(self.identity))
            self._on_part(write_part(self.reader.part_folder(kind, verifier), table))
        self._spool.remove(kind, up_to=rows[-1][0])
        self._spooled[kind] = 0

    def _check_there(self) -> None:
        """A part in a folder that was made anew where a network disk has vanished would be lost with it.

        Raises:
            StorageError: If the run folder is gone.
        """
        if not (self.folder / RUN_FILE).is_file():
            raise StorageError(
                f"the run folder {self.folder} has vanished while it was written to",
                f"Committed rows that no part holds are in the spool, {self._spool.path}. Bring the folder "
                "back and run the same command again.",
            )

    def log(self, event: str, **fields: Any) -> None:
        """Appends a line to log.jsonl.

        Raises:
            StorageError: If the disk refuses.
        """
        line = json.dumps({"time": time.time(), "event": event, **fields})
        path = self.folder / LOG_FILE
        self._check_there()
        remedy = "Free the disk, and run the same command again."
        with storage_errors(f"cannot write {path}", remedy), path.open("a") as file:
            file.write(line + "\n")

    def close(self, *, flush: bool = True) -> None:
        """Moves all rows into parts and lets go of the folder; idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            if flush:
                for kind in KEYS:
                    self.flush(kind)
        finally:
            try:
                self._spool.close(remove=flush and not any(self._spooled[kind] for kind in KEYS))
            finally:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        self.close(flush=error_type is None or not issubclass(error_type, StorageError))
