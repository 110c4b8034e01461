"""Mending a run folder: what is bad is kept under lost+found/, what is sound is written anew in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from genesys.rollouts.durable import storage_errors, written_aside
from genesys.rollouts.fsck.findings import Finding
from genesys.rollouts.fsck.lost_and_found import LostAndFound
from genesys.rollouts.fsck.part_check import Part
from genesys.rollouts.fsck.spool_check import mended_of, replace_with_mended, write_anew
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.parts import write_table
from genesys.rollouts.run_file import RUN_FILE, identity_in, part_metadata, run_info, write_run_file
from genesys.rollouts.run_reader import LOG_FILE

if TYPE_CHECKING:
    from genesys.rollouts.fsck.run_check import RunCheck

_REMEDY = "Free the disk or fix its permissions, and run it again: nothing is lost."


class Repair:
    """Mends what a check found; each step is durable before the next, and can be repeated.

    Args:
        check: A check that has run; its findings are told what was done about them.
    """

    def __init__(self, check: RunCheck) -> None:
        self._check = check
        self._folder = check.folder
        self._lost = LostAndFound(check.folder)

    def run(self) -> None:
        """Mends.

        Raises:
            StorageError: If the disk refuses.
        """
        with storage_errors(f"cannot mend {self._folder}", _REMEDY):
            if self._check.info is None:
                self._mend_run_file()
            for part in self._check.parts:
                if part.is_foreign:
                    self._did(part.path, f"moved to {self._lost.take(part.path)}")
                elif part.is_bad:
                    self._mend_part(part)
            if self._check.spool.is_bad or mended_of(self._check.spool.path).exists():
                self._mend_spool()
            for aside in self._check.unfinished:
                self._did(aside, f"moved to {self._lost.take(aside)}")
            if self._check.bad_lines:
                self._mend_log()

    def _findings(self, place: str) -> list[Finding]:
        return [finding for finding in self._check.report.findings if finding.place == place]

    def _did(self, path: Path, text: str) -> None:
        for finding in self._findings(self._check.name(path)):
            if not finding.stays:
                finding.done, finding.remedy = text, None

    def _mend_run_file(self) -> None:
        """Says again what the run is, from what its parts or its spool say."""
        identity = self._known_identity()
        path = self._folder / RUN_FILE
        if identity is None:
            for finding in self._findings(RUN_FILE):
                finding.remedy = f"Copy {RUN_FILE} from a copy or another shard of the same run."
            return
        kept = f"; the old one is {self._lost.keep(path)}" if path.exists() else ""
        info = run_info(identity, None)
        write_run_file(self._folder, info)
        self._check.info = info
        hint = 'If it was collected with --spool, put that path back under "spool"'
        self._did(path, f"written anew from what the run's rows say{kept}. {hint}")

    def _known_identity(self) -> RunIdentity | None:
        said = [identity_in(part.metadata()) for part in self._check.parts]
        said.append(None if self._check.spool.owner is None else RunIdentity(**self._check.spool.owner))
        known = [identity for identity in said if identity is not None]
        return known[0] if known and all(one == known[0] for one in known) else None

    def _mend_part(self, part: Part) -> None:
        tables = [table.filter(kept) for table, kept in self._kept_rows(part)]
        whole = pa.concat_tables(tables) if tables else None
        place = self._lost.keep(part.path)
        if whole is None or not whole.num_rows:
            part.path.unlink()
            self._did(part.path, f"moved to {place}; nothing in it could be saved")
            return
        if self._check.info is not None:
            identity = RunIdentity(**self._check.info["identity"])
            whole = whole.replace_schema_metadata(part_metadata(identity))
        with written_aside(part.path) as file:
            write_table(whole, file)
        self._did(part.path, f"{whole.num_rows} sound rows written anew; the old file is {place}")

    def _kept_rows(self, part: Part) -> list[tuple[pa.Table, pa.Array]]:
        pairs, place = [], 0
        for table in part.tables():
            kept = [place + offset not in part.bad_rows for offset in range(table.num_rows)]
            place += table.num_rows
            pairs.append((table, pa.array(kept, pa.bool_())))
        return pairs

    def _mend_spool(self) -> None:
        content = self._check.spool
        journal = content.path.with_name(f"{content.path.name}-wal")
        places = [self._lost.keep(path) for path in (content.path, journal) if path.exists()]
        if not mended_of(
            content.path
        ).exists():  # else an earlier repair came so far: the old one may be torn
            write_anew(content)
        replace_with_mended(content.path)
        saved = sum(map(len, content.rows.values())) - sum(map(len, content.drop.values()))
        for finding in self._findings(str(content.path)):
            if not finding.stays:
                finding.done = f"{saved} sound rows written anew; the old one is {', '.join(places)}"
                finding.remedy = None

    def _mend_log(self) -> None:
        path = self._folder / LOG_FILE
        place = self._lost.write(LOG_FILE, self._check.bad_lines)
        bad = set(self._check.bad_lines)
        lines = path.read_text(errors="replace").splitlines()
        with written_aside(path) as file:
            file.write("".join(f"{line}\n" for line in lines if line not in bad).encode())
        self._did(path, f"torn lines moved to {place}")
