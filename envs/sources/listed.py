"""Fixed collections of problems that come with the package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from genesys.registry import Registry
from genesys.schema import Problem

COLLECTIONS = Registry(
    "problem collection",
    "genesys.collections",
    {
        "code-problems": "genesys.envs.sources.code_problems:CODE_PROBLEMS",
        "swe-problems": "genesys.envs.sources.swe_problems:SWE_PROBLEMS",
        "stem-problems": "genesys.envs.sources.stem_problems:STEM_PROBLEMS",
    },
)
"""Other packages add theirs, objects of `ListedProblems`, through the group `genesys.collections`."""


@dataclass(frozen=True)
class ListedProblems:
    """A `ProblemSource` over problems that are written down.

    Attributes:
        name: Its name in the registry.
        version: Moves whenever a problem changes.
        problems: The problems.
    """

    name: str
    version: str
    problems: tuple[Problem, ...]

    @property
    def identity(self) -> str:
        """`"name@version"`."""
        return f"{self.name}@{self.version}"

    @property
    def skipped(self) -> int:
        """Always 0: nothing is malformed."""
        return 0

    def __len__(self) -> int:
        return len(self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    def __getitem__(self, index: int) -> Problem:
        return self.problems[index]

    @cached_property
    def _by_id(self) -> dict[str, Problem]:
        return {problem.problem_id: problem for problem in self.problems}

    def by_id(self, problem_id: str) -> Problem:
        """The problem of an id.

        Raises:
            KeyError: If there is none.
        """
        return self._by_id[problem_id]
