"""What a finished stage left: its kept and dropped candidates, on disk, so that a build resumes after it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genesys.curation.builders.candidate import Candidate, Dropped, Outcome
from genesys.errors import StorageError

_EVERY = 500
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
        found = json.loads(path.read_text())
        if found.pop("key") != self._key:
            return None
        return StageReport(**{**found, "dropped": Counter(found["dropped"])})

    def write(
        self,
        candidates: Iterable[Candidate],
        run: Callable[[Iterator[Candidate]], Iterator[Outcome]],
        on_progress: Callable[[int], None],
    ) -> StageReport:
        """Runs the stage into its files; they count only when all is written.

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
            with self._path("kept").open("w") as kept, self._path("dropped").open("w") as dropped:
                for done, outcome in enumerate(run(counted()), start=1):
                    if done % _EVERY == 0:
                        on_progress(done)
                    if isinstance(outcome, Dropped):
                        report.dropped[outcome.reason] += 1
                        dropped.write(json.dumps(_rejected(outcome, self._name), ensure_ascii=False) + "\n")
                    else:
                        report.kept += 1
                        kept.write(json.dumps(outcome.to_json(), ensure_ascii=False) + "\n")
            report.read = report.read or report.kept + report.dropped.total()  # the first stage has no input
            self._finish(report)
        except OSError as error:
            raise StorageError(
                f"cannot write {self._stem}: {error}", "Free the disk and run again."
            ) from error
        return report

    def _finish(self, report: StageReport) -> None:
        aside = self._path("writing")
        aside.write_text(json.dumps({"key": self._key, **report.to_json()}))
        aside.rename(self._path("json"))

    def kept(self) -> Iterator[Candidate]:
        """The candidates it passed on."""
        with self._path("kept").open() as file:
            for line in file:
                yield Candidate.from_json(json.loads(line))

    def dropped(self) -> Iterator[dict[str, Any]]:
        """Rows of the candidates it dropped: candidate_id, source, stage, reason, detail, fields (JSON)."""
        with self._path("dropped").open() as file:
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
        "fields": json.dumps(dict(outcome.candidate.fields), ensure_ascii=False),
    }
