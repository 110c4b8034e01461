"""What a problem source is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from genesys.schema import Problem


@runtime_checkable
class ProblemSource(Protocol):
    """A finite, ordered, immutable collection of problems with distinct ids.

    Sources are picklable and safe to read from several threads. Problems are built when asked for: a
    source of a million rows does not hold a million objects. Problems with bad golds are served like any
    others; who verifies them finds out (`bad_gold`).
    """

    @property
    def identity(self) -> str:
        """What the source is, for the identity of a run: the same text, the same problems.

        `"generator@version:parameters"`, or `"sha256:..."` of a file's bytes.
        """
        ...

    @property
    def skipped(self) -> int:
        """Malformed rows that were left out."""
        ...

    def __len__(self) -> int:
        """How many problems there are."""
        ...

    def __iter__(self) -> Iterator[Problem]:
        """All problems, in the order of their indices."""
        ...

    def __getitem__(self, index: int) -> Problem:
        """One problem.

        Raises:
            IndexError: If the index is out of range.
        """
        ...

    def by_id(self, problem_id: str) -> Problem:
        """The problem of an id.

        Raises:
            KeyError: If the source has none.
        """
        ...
