"""A reward that tells somebody else how each problem went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from genesys.errors import ConfigurationError, MalformedRow
from genesys.training.verified_reward import VerifiedReward

Observer = Callable[[str, str, float | None], None]
"""Gets the problem's id and task type, and the score."""


class Correctness(Protocol):
    """What says whether completions are right: `reward()`, one that a curriculum watches, or one's own."""

    @property
    def __name__(self) -> str:
        """What TRL logs it under."""

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Scores a batch; None is unscorable."""


class WatchingReward:
    """A verified reward whose scores are also told to an observer in this process.

    Args:
        inner: The reward.
        observer: Who is told.
    """

    def __init__(self, inner: VerifiedReward, observer: Observer) -> None:
        self.inner, self._observer = inner, observer
        self.parts = ((inner, 1.0),)

    @property
    def __name__(self) -> str:
        """What TRL logs it under."""
        return self.inner.name

    @property
    def opened(self) -> str | None:
        """The reward's."""
        return self.inner.opened

    @property
    def range(self) -> tuple[float, float]:
        """The reward's."""
        return self.inner.range

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """What the reward returns."""
        scores = self.inner(prompts, completions, **columns)
        cells = self.inner.columns.cells(columns, len(completions))
        for cell, prompt, score in zip(cells, prompts, scores, strict=True):
            try:
                problem = self.inner.columns.problem(cell, prompt)
            except MalformedRow:
                continue
            self._observer(problem.problem_id, problem.task_type, score)
        return scores

    def __reduce__(self) -> tuple[Any, ...]:
        raise ConfigurationError(
            "a reward that a curriculum watches cannot go to another process, as AsyncGRPO would send it",
            "Use GRPOTrainer for a curriculum, or choose problems beforehand with --min-pass-rate.",
        )
