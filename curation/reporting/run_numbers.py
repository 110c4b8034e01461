"""A run's completions as columns of numbers, for its charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genesys.curation.browsing import RunBook

OUTCOMES = ("right", "wrong", "unscorable", "unscored")
WORDS = {
    "right": "right",
    "wrong": "wrong, or below the threshold",
    "unscorable": "unscorable: nobody knows",
    "unscored": "not verified yet",
}
Mask = npt.NDArray[np.bool_]
Column = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class RunNumbers:
    """One entry a completion in every column.

    Attributes:
        outcome: One of `OUTCOMES`.
        score: NaN where there is none.
        cause: "right" for a full score, "unscored" where there is no verdict.
        source: Of the problem.
        task_type: Of the problem.
        problem: Id of the problem.
        finish: Why sampling ended.
        length: Tokens, or characters where nobody counted tokens.
        unit: "tokens" or "characters".
    """

    outcome: Column
    score: Column
    cause: Column
    source: Column
    task_type: Column
    problem: Column
    finish: Column
    length: Column
    unit: str

    @classmethod
    def of(cls, book: RunBook) -> RunNumbers:
        """The numbers of a run; texts are read only where the tokens of some completion were not counted."""

        def column(name: str) -> Column:
            return np.asarray(book.table[name].to_numpy(zero_copy_only=False))

        tokens = column("completion_tokens").astype(float)
        counted = not np.isnan(tokens).any()
        return cls(
            outcome=column("outcome"),
            score=column("score").astype(float),
            cause=column("cause"),
            source=column("source"),
            task_type=column("task_type"),
            problem=column("problem_id"),
            finish=column("finish_reason"),
            length=tokens if counted else book.text_lengths().astype(float),
            unit="tokens" if counted else "characters",
        )

    def __len__(self) -> int:
        return len(self.outcome)

    def count(self, outcome: str, where: Mask | None = None) -> int:
        """Completions with an outcome, maybe among some."""
        found = self.outcome == outcome
        return int(found.sum() if where is None else (found & where).sum())

    def outcomes(self, where: Mask | None = None) -> dict[str, int]:
        """Outcome -> completions, maybe among some; those that occur."""
        counts = {name: self.count(name, where) for name in OUTCOMES}
        return {name: count for name, count in counts.items() if count}

    def rate(self, where: Mask | None = None) -> tuple[int, int]:
        """Right ones, and those that have a score."""
        right = self.count("right", where)
        return right, right + self.count("wrong", where)
