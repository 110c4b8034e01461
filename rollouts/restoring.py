"""Problems that a run has lost, put back from where they came from.

A run folder on a network disk can vanish while its spool, elsewhere, keeps the latest completions; a part can
be damaged. Completions are worth money and their problems can be made again, under the same digests.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from genesys.rollouts.run_folder import RunFolder, problem_row
from genesys.schema import Problem

logger = logging.getLogger(__name__)


class Source(Protocol):
    """What can put problems back: an environment."""

    @property
    def problems(self) -> Iterable[Problem]:
        """The problems."""
        ...

    def messages(self, problem: Problem) -> Sequence[Mapping[str, str]]:
        """The chat messages of a problem."""
        ...


def restore_problems(run: RunFolder, source: Source) -> int:
    """Commits the problems of completions whose problem the run does not hold; how many there were.

    Raises:
        StorageError: If the disk refuses.
    """
    missing = run.unanswered_problem_ids()
    if not missing:
        return 0
    rows = [
        problem_row(problem, source.messages(problem))
        for problem in source.problems
        if problem.problem_id in missing
    ]
    run.commit(rows)
    logger.warning("%d problems of the run %s were missing and were put back", len(rows), run.folder)
    return len(rows)
