"""One check of a whole run folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, DataError, StorageError
from genesys.rollouts.durable import ASIDE
from genesys.rollouts.fsck.findings import FsckReport
from genesys.rollouts.fsck.lost_and_found import FOLDER
from genesys.rollouts.fsck.part_check import Part
from genesys.rollouts.fsck.repair import Repair
from genesys.rollouts.fsck.row_checks import Fault, RowChecks
from genesys.rollouts.fsck.spool_check import SpoolContent, mended_of, read_content
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.parts import part_files
from genesys.rollouts.run_file import PART_METADATA, RUN_FILE, part_metadata, read_run_file
from genesys.rollouts.run_lock import RunLock
from genesys.rollouts.run_reader import KEYS, LOG_FILE, SPOOL_FILE, key_of


def fsck_run(folder: Path | str, *, repair: bool = False) -> FsckReport:
    """Checks all that a run folder holds, and mends it where asked.

    A repair takes out what is bad, keeps it under `lost+found/`, saves what can be read of damaged files, and
    tidies up what an interrupted writer left. What it takes out of the completions, the command that collected
    the run samples again.

    Args:
        folder: The run folder; nobody may be writing to it.
        repair: Whether to mend.

    Raises:
        ConfigurationError: If it is no run folder at all.
        RunLocked: If another process writes to it.
        StorageError: If the disk refuses.
    """
    folder = Path(folder)
    if not (folder / RUN_FILE).exists() and not any((folder / kind).is_dir() for kind in KEYS):
        raise ConfigurationError(
            f"{folder} is no run folder", "Name a folder that `genesys collect` or `genesys merge` made."
        )
    with ExitStack() as held:
        try:
            held.callback(RunLock(folder).release)
        except StorageError:
            if repair:
                raise
            # An archive that nobody can write to has no writer, either.
        check = RunCheck(folder)
        check.run()
        if repair:
            Repair(check).run()
        return check.report


@dataclass
class RunCheck:
    """What there is in a run folder, and what is wrong with it."""

    folder: Path
    report: FsckReport = field(default_factory=FsckReport)
    info: dict[str, Any] | None = None
    parts: list[Part] = field(default_factory=list)
    spool: SpoolContent = field(init=False)
    unfinished: list[Path] = field(default_factory=list)
    bad_lines: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Checks everything."""
        self._check_run_file()
        path = self._spool_path()
        if mended_of(path).exists():
            self.report.add("spool", str(path), "a repair of it was interrupted")
        self.spool = read_content(path)
        self._check_spool()
        self._list_parts()
        rows = RowChecks()
        for kind in KEYS:
            for verifier in self._verifiers() if kind == "scores" else [None]:
                for part in self.parts:
                    if (part.kind, part.verifier) == (kind, verifier):
                        self._check_part(part, rows)
                self._check_spooled(kind, verifier, rows)
        self._check_log()

    def _check_run_file(self) -> None:
        try:
            self.info = read_run_file(self.folder)
        except (ConfigurationError, DataError) as error:
            self.report.add("run-file", RUN_FILE, error.fault)

    def _spool_path(self) -> Path:
        elsewhere = (self.info or {}).get("spool")
        return Path(elsewhere) if elsewhere else self.folder / SPOOL_FILE

    def _check_spool(self) -> None:
        place = str(self.spool.path)
        if self.spool.fault is not None:
            self.report.add("spool", place, f"the database is damaged: {self.spool.fault}")
        for _, text in self.spool.bad:
            self.report.add("spool", place, f"a row of it: {text}", count=1)

    def _list_parts(self) -> None:
        folders: list[tuple[str, str | None]] = [("problems", None), ("completions", None)]
        folders += [
            ("scores", path.name) for path in sorted((self.folder / "scores").glob("*")) if path.is_dir()
        ]
        for kind, verifier in folders:
            place = self.folder / kind / (verifier or "")
            self.parts += [Part(path=path, kind=kind, verifier=verifier) for path in part_files(place)]
        asides = (path for path in self.folder.rglob(f".*{ASIDE}") if FOLDER not in path.parts)
        for aside in sorted(asides):
            self.unfinished.append(aside)
            self.report.add(
                "unfinished", self.name(aside), "a writer was interrupted here; its rows are in the spool"
            )

    def _verifiers(self) -> list[str | None]:
        spooled = {str(row["verifier"]) for row in self.spool.rows["scores"]}
        return [*sorted({part.verifier for part in self.parts if part.verifier} | spooled)]

    def _check_part(self, part: Part, rows: RowChecks) -> None:
        if self._is_foreign(part):
            part.is_foreign = True
            self.report.add("foreign", self.name(part.path), "it is of another run")
            return
        place = 0
        for table in part.tables():
            for batch in table.to_batches(max_chunksize=256):
                for row in batch.to_pylist():
                    if self._judge(part, row, rows):
                        part.bad_rows.add(place)
                    place += 1
        if part.fault is not None:
            self.report.add(part.fault[0], self.name(part.path), part.fault[1])

    def _judge(self, part: Part, row: dict[str, Any], rows: RowChecks) -> bool:
        """Notes what is wrong with a row; whether it does not belong in its part."""
        fault = rows.check(part.kind, row, part.verifier)
        if fault is not None:
            self._note(fault, self.name(part.path))
        if fault is None or fault.stays:
            self.report.rows[part.verifier or part.kind] += 1
        return fault is not None and not fault.stays

    def _note(self, fault: Fault, place: str) -> None:
        self.report.add(fault.check, place, fault.text, count=1, remedy=fault.remedy, stays=fault.stays)

    def _is_foreign(self, part: Part) -> bool:
        said = part.metadata()
        if said is None or self.info is None:
            return False  # made before parts said so, or nothing to compare with
        return said != part_metadata(RunIdentity(**self.info["identity"]))[PART_METADATA]

    def _check_spooled(self, kind: str, verifier: str | None, rows: RowChecks) -> None:
        place = str(self.spool.path)
        for row in self.spool.rows[kind]:
            if verifier is not None and row["verifier"] != verifier:
                continue
            fault = rows.check(kind, row, verifier)
            if fault is None or fault.stays:
                self.report.rows[verifier or kind] += 1
            if fault is None:
                continue
            if fault.check == "duplicate":  # a writer was killed between the part and the spool
                fault = Fault("spooled", "rows that a part holds already")
            self._note(fault, place)
            if not fault.stays:
                self.spool.drop[kind].add(key_of(kind, row))

    def _check_log(self) -> None:
        for line in self._log_lines():
            try:
                if isinstance(json.loads(line), dict):
                    continue
            except ValueError:
                pass
            self.bad_lines.append(line)
            self.report.add("log", LOG_FILE, f"a torn line: {line[:80]!r}", count=1)

    def _log_lines(self) -> Iterator[str]:
        path = self.folder / LOG_FILE
        if path.is_file():
            with path.open(errors="replace") as file:
                yield from (line.rstrip("\n") for line in file)

    def name(self, path: Path) -> str:
        """A path as it is shown: relative to the run folder."""
        return str(path.relative_to(self.folder))
