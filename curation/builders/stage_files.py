"""What a finished stage left: its kept and dropped candidates, on disk, so that a build resumes after it."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from genesys.curation.builders.candidate import Candidate, Dropped, Outcome
from genesys.errors import StorageError
from genesys.rollouts.durable import written_aside
from genesys.schema.text import without_surrogates

_SECONDS = 0.2
"""Between two words about the progress."""
_DETAIL = 500


@dataclass(kw_only=True)
class StageReport:
    """What a stage did.

    Attributes:
        name: The stage.
        read: Candidates it got.
        kept: Candidates it passed on; more than it read where one became several.
        dropped: Reason -> candidates.
    """

    name: str
    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        return {"name": self.name, "read": self.read, "kept": self.kept, "dropped": dict(self.dropped)}


class StageFiles:
    """The files of one stage.

    Args:
        folder: The build's working folder.
        place: The stage's place, from 0.
        name: Its name.
        key: Digest of all that its outcomes depend on; what another key left is made anew.
    """

    def __init__(self, folder: Path, place: int, name: str, key: str) -> None:
        self._stem = folder / f"{place:02d}-{name}"
        self._name = name
        self._key = key

    def report(self) -> StageReport | None:
        """What the stage did, or None where it is still to be run."""
        path = self._path("json")
        if not path.is_file():
            return None
        found = json.loads(path.read_text("utf-8"))
        if found.pop("key") != self._key:
            return None
        return StageReport(**{**found, "dropped": Counter(found["dropped"])})

    def write(
        self,
        candidates: Iterable[Candidate],
        run: Callable[[Iterator[Candidate]], Iterator[Outcome]],
        on_progress: Callable[[int], None],
    ) -> StageReport:
        """Runs the stage into its files; they count only when all is written and on the disk.

        Args:
            candidates: What the stage before passed on.
            run: The stage.
            on_progress: Is told, from time to time, how many candidates are done.

        Raises:
            StorageError: If the disk refuses.
        """
        report = StageReport(name=self._name)

        def counted() -> Iterator[Candidate]:
            for candidate in candidates:
                report.read += 1
                yield candidate

        try:
            self._path("json").unlink(missing_ok=True)
            with self._path("kept").open("wb") as kept, self._path("dropped").open("wb") as dropped:
                self._sort(run(counted()), report, kept, dropped, on_progress)
                for file in (kept, dropped):
                    file.flush()
                    os.fsync(file.fileno())
            report.read = report.read or report.kept + report.dropped.total()  # the first stage has no input
            self._finish(report)
        except OSError as error:
            raise StorageError(
                f"cannot write {self._stem}: {error}", "Free the disk and run again."
            ) from error
        return report

    def _sort(
        self,
        outcomes: Iterator[Outcome],
        report: StageReport,
        kept: IO[bytes],
        dropped: IO[bytes],
        on_progress: Callable[[int], None],
    ) -> None:
        told = time.monotonic()
        for done, outcome in enumerate(outcomes, start=1):
            if time.monotonic() - told > _SECONDS:
                told = time.monotonic()
                on_progress(done)
            if isinstance(outcome, Dropped):
                report.dropped[outcome.reason] += 1
                dropped.write(_line(_rejected(outcome, self._name)))
            else:
                report.kept += 1
                kept.write(_line(outcome.to_json()))

    def _finish(self, report: StageReport) -> None:
        with written_aside(self._path("json")) as file:
            file.write(json.dumps({"key": self._key, **report.to_json()}).encode())

    def kept(self) -> Iterator[Candidate]:
        """The candidates it passed on."""
        with self._path("kept").open(encoding="utf-8") as file:
            for line in file:
                yield Candidate.from_json(json.loads(line))

    def dropped(self) -> Iterator[dict[str, Any]]:
        """Rows of the candidates it dropped: candidate_id, source, stage, reason, detail, fields (JSON)."""
        with self._path("dropped").open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def _path(self, ending: str) -> Path:
        suffix = {"kept": "kept.jsonl", "dropped": "dropped.jsonl"}.get(ending, ending)
        return self._stem.with_name(f"{self._stem.name}.{suffix}")


def _rejected(outcome: Dropped, stage: str) -> dict[str, Any]:
    return {
        "candidate_id": outcome.candidate.candidate_id,
        "source": outcome.candidate.source,
        "stage": stage,
        "reason": outcome.reason,
        "detail": outcome.detail[:_DETAIL],
        "fields": json.dumps(dict(outcome.candidate.fields), ensure_ascii=False, default=str),
    }


def _line(row: dict[str, Any]) -> bytes:
    """A row as JSON; a lone surrogate, which a model's JSON may hold and no file can, becomes U+FFFD."""
    return without_surrogates(json.dumps(row, ensure_ascii=False, default=str)).encode() + b"\n"
