"""Reading a run folder: parts first, then what the spool still holds, each row once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from genesys.causes import CAUSES
from genesys.errors import ConfigurationError, DataError
from genesys.rollouts.parts import read_parts
from genesys.rollouts.run_file import RUN_FILE, read_run_file
from genesys.rollouts.spool import read_spool
from genesys.rollouts.tables import COMPLETIONS, PROBLEMS, SCORES
from genesys.schema import Problem

LOG_FILE = "log.jsonl"
SPOOL_FILE = "spool.sqlite"
SCHEMAS = {"problems": PROBLEMS, "completions": COMPLETIONS, "scores": SCORES}
KEYS = {
    "problems": ("problem_id",),
    "completions": ("response_id",),
    "scores": ("response_id", "text_digest", "problem_digest", "verifier"),
}


__all__ = ["KEYS", "LOG_FILE", "RUN_FILE", "SCHEMAS", "SPOOL_FILE", "RunReader", "key_of", "may_retry"]


def key_of(kind: str, row: dict[str, Any]) -> str:
    """A row's identity within its kind, as one text."""
    return "|".join(row[column] for column in KEYS[kind])


def may_retry(cause: str | None) -> bool:
    """Whether a verdict with this cause is no last word: verifying again may end otherwise."""
    return cause is not None and CAUSES[cause].retry


class _Held(dict[str, Problem]):
    """A run's problems."""

    def __init__(self, folder: Path, problems: dict[str, Problem]) -> None:
        super().__init__(problems)
        self._folder = folder

    def __missing__(self, name: str) -> Problem:
        raise DataError(
            f"{self._folder} holds completions of the problem {name!r} but not the problem",
            f"See what else is missing with: genesys fsck {self._folder}",
        )


class RunReader:
    """A run folder as anybody may read it, also while a collector writes to it.

    Args:
        folder: The run folder.

    Raises:
        ConfigurationError: If it is no run folder.
        DataError: If its run.json is damaged, or a newer genesys wrote it.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.info = read_run_file(self.folder)

    @classmethod
    def open(cls, run: Path | str) -> Self:
        """Opens a run wherever it lies; of one at a URL, this machine's copy, brought level first.

        Raises:
            ConfigurationError: If there is no run.
            StorageError: If the URL cannot be reached.
        """
        from genesys.rollouts.remote_run import local_folder  # which reads runs itself

        return cls(local_folder(run))

    @property
    def identity(self) -> dict[str, Any]:
        """The run's identity (`genesys.rollouts.identity.RunIdentity.to_json`)."""
        identity: dict[str, Any] = self.info["identity"]
        return identity

    @property
    def spool_path(self) -> Path:
        """Where the run's spool lies."""
        return Path(self.info.get("spool") or self.folder / SPOOL_FILE)

    def verifier_keys(self) -> list[str]:
        """The verifiers that have scored completions of this run."""
        # The spool first, as in `batches`: a part that is written meanwhile is then found as a folder.
        spooled = {row["verifier"] for row in self._spooled("scores").values()}
        stored = {folder.name for folder in (self.folder / "scores").glob("*") if folder.is_dir()}
        return sorted(stored | spooled)

    def batches(
        self, kind: str, columns: Sequence[str] | None = None, verifier: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a kind, by batches; of rows under one key, only the latest.

        Args:
            kind: "problems", "completions" or "scores".
            columns: Which columns; all by default.
            verifier: Key of the verifier whose scores are wanted; required for scores.
        """
        # The spool comes first in time: a row that moves to a part meanwhile is then seen twice, not never.
        pending = self._spooled(kind, verifier)
        wanted = list(columns or SCHEMAS[kind].names)
        folder = self.part_folder(kind, verifier)
        latest = self._latest_of_retried(folder) if kind == "scores" else {}
        place = 0
        for batch in read_parts(folder, list(dict.fromkeys([*wanted, *KEYS[kind]]))):
            if pending or latest:
                keys = [key_of(kind, row) for row in batch.select(KEYS[kind]).to_pylist()]
                keep = [
                    key not in pending and latest.get(key, place + offset) == place + offset
                    for offset, key in enumerate(keys)
                ]
                place += len(keys)
                batch = batch.filter(pa.array(keep, pa.bool_()))
            yield batch.select(wanted)
        if pending:
            table = pa.Table.from_pylist(list(pending.values()), schema=SCHEMAS[kind]).select(wanted)
            yield from table.to_batches()

    def _latest_of_retried(self, folder: Path) -> dict[str, int]:
        """Key -> place of its last row in the parts, where scores were tried again; else empty.

        Only a verdict whose cause may pass (an unreachable judge) is ever followed by another.
        """
        causes = (pc.unique(batch.column(0)).to_pylist() for batch in read_parts(folder, ["cause"]))
        if not any(may_retry(cause) for found in causes for cause in found):
            return {}
        rows = (row for batch in read_parts(folder, list(KEYS["scores"])) for row in batch.to_pylist())
        return {key_of("scores", row): place for place, row in enumerate(rows)}

    def table(self, kind: str, columns: Sequence[str] | None = None, verifier: str | None = None) -> pa.Table:
        """The rows of a kind as one table; see `batches`."""
        names = list(columns or SCHEMAS[kind].names)
        schema = pa.schema([SCHEMAS[kind].field(name) for name in names])
        return pa.Table.from_batches(list(self.batches(kind, names, verifier)), schema=schema)

    def problems(self) -> dict[str, Problem]:
        """The run's problems by id; asking for one that the run has lost is a DataError that says so."""
        found = (Problem.from_row(row) for batch in self.batches("problems") for row in batch.to_pylist())
        return _Held(self.folder, {problem.problem_id: problem for problem in found})

    def log(self) -> Iterator[dict[str, Any]]:
        """The lines of log.jsonl; one that a killed writer tore is left out."""
        path = self.folder / LOG_FILE
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event

    def part_folder(self, kind: str, verifier: str | None = None) -> Path:
        """Where the parts of a kind lie."""
        if kind != "scores":
            return self.folder / kind
        if verifier is None:
            raise ConfigurationError("name the verifier whose scores are wanted")
        return self.folder / "scores" / verifier

    def _spooled(self, kind: str, verifier: str | None = None) -> dict[str, dict[str, Any]]:
        rows = read_spool(self.spool_path, kind)
        if verifier is None:
            return rows
        return {key: row for key, row in rows.items() if row["verifier"] == verifier}
