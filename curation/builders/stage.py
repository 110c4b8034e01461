"""Stages: what takes candidates a step further, or drops them with a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from genesys.curation.builders.candidate import Candidate, Dropped, Outcome

if TYPE_CHECKING:
    from genesys.curation.builders.context import BuildContext


class Stage(Protocol):
    """A step of a build. It streams: what it holds in memory is bounded, or small for each candidate."""

    @property
    def name(self) -> str:
        """One word, unique within a builder; names its files and its counts."""
        ...

    @property
    def version(self) -> str:
        """Moves with any change that can move an outcome: an interrupted build then runs the stage anew."""
        ...

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """What becomes of each candidate, in their order. One candidate may become several."""
        ...


@dataclass(frozen=True, kw_only=True)
class Each:
    """A stage of one pure function, from a candidate to what becomes of it.

    Attributes:
        name: Its name.
        judge: Returns the candidate, maybe with more fields, or why it is dropped.
        version: Moves whenever `judge` can decide otherwise.
    """

    name: str
    judge: Callable[[Candidate], Outcome]
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Judges one after the other."""
        return map(self.judge, candidates)


def drop(candidate: Candidate, reason: str, detail: object = "") -> Dropped:
    """A dropped candidate, in short."""
    return Dropped(candidate=candidate, reason=reason, detail=str(detail))
