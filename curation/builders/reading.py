"""The first stage of every build: rows of the sources, each under an id of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from genesys.curation.builders.builder import Builder
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.stage import drop
from genesys.schema import digest_of


@dataclass(frozen=True)
class Read:
    """Rows of the sources; they count as read.

    Datasets number their splits and their files from 0 each: a row under an id that is taken gets one with a digest
    of its own, and goes on. The same row once more is dropped.
    """

    builder: Builder
    sources: Sequence[Path | str]
    limit: int | None
    name: str = "read"

    @property
    def version(self) -> str:
        """Moves with the builder."""
        return self.builder.version

    def run(self, candidates: object, context: BuildContext) -> Iterator[Outcome]:
        """Drops what cannot be read as `malformed`, and repeated rows as `same_row`. Holds a digest of each id."""
        taken: set[int] = set()
        for outcome in islice(self.builder.candidates(self.sources, self.limit), self.limit):
            yield _unique(outcome, taken) if isinstance(outcome, Candidate) else outcome


def _unique(candidate: Candidate, taken: set[int]) -> Outcome:
    name = candidate.candidate_id
    told = digest_of(name, candidate.source, json.dumps(dict(candidate.fields), default=str), bits=64)
    if not _take(told, taken):
        return drop(candidate, "same_row", f"as another one with the id {name}")
    if _take(digest_of(name, bits=64), taken):
        return candidate
    return replace(candidate, candidate_id=f"{name}-{told[:12]}")


def _take(digest: str, taken: set[int]) -> bool:
    key = int(digest, 16)
    new = key not in taken
    taken.add(key)
    return new
