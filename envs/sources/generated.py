"""Problems that a seeded generator makes when they are asked for.

    source = open_problems("arithmetic:level=2,seed=7,size=1000")
    source[17].problem_id    # "arithmetic-level2-seed7-17"

Problem `index` is a function of (generator version, level, seed, index) and of nothing else: the same
arguments give the same bytes on every platform, in any order, in any process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from genesys.envs.sources.permutation import permuted
from genesys.errors import ConfigurationError
from genesys.registry import Registry
from genesys.schema import Problem

DEFAULT_SIZE = 1000

GENERATORS = Registry(
    "problem generator",
    "genesys.generators",
    {
        "algebra": "genesys.envs.sources.algebra:GENERATOR",
        "arithmetic": "genesys.envs.sources.arithmetic:GENERATOR",
        "string-programs": "genesys.envs.sources.string_programs:GENERATOR",
    },
)
"""Other packages add theirs, objects of `Generator`, through the entry-point group `genesys.generators`."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a generator makes: a problem that has no name yet.

    Attributes:
        prompt: The question.
        ground_truth: The answer, as `verification_info["ground_truth"]` holds it.
        solution: A worked solution that ends in the answer where the answer format wants it.
        metadata: Anything beside level, seed and index, which are added.
    """

    prompt: str
    ground_truth: str
    solution: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Generator:
    """A family of problems of growing difficulty.

    Attributes:
        name: Its name in the registry.
        version: Moves whenever the same arguments give another problem.
        task_type: The task type of its problems.
        spaces: For each level, the number of codes that `build` tells apart.
        build: `(level, code, rng)` to a draft. Different codes of one level must give different prompts,
            whatever the random generator draws beside them.
    """

    name: str
    version: str
    task_type: str
    spaces: tuple[int, ...]
    build: Callable[[int, int, Random], Draft]


@dataclass(frozen=True, kw_only=True)
class GeneratedProblems:
    """A `ProblemSource` over one level and seed of a generator.

    Attributes:
        generator: The family.
        level: Its level, from 0.
        seed: Any integer from 0.
        size: How many problems. Beyond the level's space (`generator.spaces[level]`, 36,864 for level 0
            of string-programs) prompts repeat, under ids of their own.
    """

    generator: Generator
    level: int = 0
    seed: int = 0
    size: int = DEFAULT_SIZE

    def __post_init__(self) -> None:
        levels = len(self.generator.spaces)
        _check_whole("level", self.level, 0, levels - 1, self.generator.name)
        _check_whole("seed", self.seed, 0, None, self.generator.name)
        _check_whole("size", self.size, 1, None, self.generator.name)

    @property
    def identity(self) -> str:
        """Generator, version and all parameters."""
        family = f"{self.generator.name}@{self.generator.version}"
        return f"{family}:level={self.level},seed={self.seed},size={self.size}"

    @property
    def skipped(self) -> int:
        """Generators make no malformed rows."""
        return 0

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Problem]:
        return (self[index] for index in range(self.size))

    def __getitem__(self, index: int) -> Problem:
        if not -self.size <= index < self.size:
            raise IndexError(f"problem {index} of {self.size}")
        index %= self.size
        family, key = self.generator, f"{self._family}/{self.level}/{self.seed}"
        code = permuted(index, family.spaces[self.level], key)
        draft = family.build(self.level, code, Random(f"{key}/{index}"))
        return Problem(
            problem_id=f"{self._prefix}{index}",
            source=family.name,
            task_type=family.task_type,
            in_source_id=str(index),
            prompt=draft.prompt,
            gold_standard_solution=draft.solution,
            verification_info={"ground_truth": draft.ground_truth},
            metadata={
                "generator": self._family,
                "level": self.level,
                "seed": self.seed,
                "index": index,
                **draft.metadata,
            },
        )

    def by_id(self, problem_id: str) -> Problem:
        """The problem of that id.

        Raises:
            KeyError: If the source has none.
        """
        digits = problem_id.removeprefix(self._prefix)
        if digits == problem_id or not re.fullmatch("0|[1-9][0-9]{0,17}", digits) or int(digits) >= self.size:
            raise KeyError(problem_id)
        return self[int(digits)]

    @property
    def _family(self) -> str:
        return f"{self.generator.name}@{self.generator.version}"

    @property
    def _prefix(self) -> str:
        return f"{self.generator.name}-level{self.level}-seed{self.seed}-"


def _check_whole(name: str, value: object, low: int, high: int | None, generator: str) -> None:
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and low <= value
        and (high is None or value <= high)
    ):
        return
    span = f"from {low}" + ("" if high is None else f" to {high}")
    raise ConfigurationError(f"{name}={value!r} does not fit {generator!r}", f"Give a whole number {span}.")
