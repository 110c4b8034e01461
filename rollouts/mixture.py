"""Mixtures: several sources with weights in one run.

    [[source]]
    env = "genesys/math-v0"
    problems = "math.parquet"
    weight = 0.5
    template = "boxed"

    [[source]]
    env = "genesys/code-v0"
    problems = "code.parquet"
    weight = 0.1

Every beginning of the mixed order holds the sources by their weights, to within one problem each, so that a
run that a budget ends has the mix it was asked for. The order follows from the file and the seed alone. A source
that has no more problems is left, with a word, and the others go on by their weights.
"""

from __future__ import annotations

import logging
import random
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, Conflict, UnknownName
from genesys.rollouts.planning import Environment, Messages
from genesys.schema import Problem, canonical_json

logger = logging.getLogger(__name__)

MIXTURE = "mixture"
"""Stands for the environment's id and the template in the identity of a run of several."""

_KEYS = ("env", "problems", "weight", "template", "skip_malformed")


@dataclass(frozen=True, kw_only=True)
class MixedSource:
    """One source of a mixture.

    Attributes:
        env: Environment id.
        weight: Its share, relative to the others'.
        problems: Path or generator; None is the environment's default.
        template: How its problems are put; None is the environment's default.
        skip_malformed: Whether rows that do not parse are counted and left out.
    """

    env: str
    weight: float
    problems: str | None = None
    template: str | None = None
    skip_malformed: bool = False

    @property
    def name(self) -> str:
        """How it is called in messages."""
        return self.env if self.problems is None else f"{self.env} {self.problems}"


def read_mixture(path: Path | str) -> tuple[MixedSource, ...]:
    """Reads a mixture file; relative paths of problems are relative to its folder.

    Raises:
        ConfigurationError: If it is no mixture; the error says what is wrong.
    """
    path = Path(path)
    try:
        written = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"cannot read the mixture {path}: {error}") from error
    for key in written:
        if key != "source":
            raise UnknownName.of(f"key in {path}", key, ["source"])
    sources = written.get("source")
    if not isinstance(sources, list) or not sources:
        raise ConfigurationError(f"{path} names no sources", "Write one [[source]] for each.")
    return tuple(_source(path, place, row) for place, row in enumerate(sources, 1))


def _source(path: Path, place: int, row: Mapping[str, Any]) -> MixedSource:
    for key in row:
        if key not in _KEYS:
            raise UnknownName.of(f"key in source {place} of {path}", key, _KEYS)
    weight, env = row.get("weight"), row.get("env")
    if not isinstance(env, str):
        raise ConfigurationError(f"source {place} of {path} names no env", 'Write env = "genesys/math-v0".')
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        raise ConfigurationError(
            f"source {place} of {path} has weight {weight!r}", "A weight is a number above 0."
        )
    problems = row.get("problems")
    if isinstance(problems, str) and (path.parent / problems).is_file():
        problems = str(path.parent / problems)
    return MixedSource(
        env=env,
        weight=float(weight),
        problems=problems,
        template=row.get("template"),
        skip_malformed=bool(row.get("skip_malformed", False)),
    )


class Mixture:
    """Several environments as one that the collector harvests.

    Args:
        sources: What is mixed.
        environments: The environment of each.
        seed: Decides who comes first among equals.

    Attributes:
        template: "mixture"; `template_of` has each problem's.
        problems: All problems in their mixed order.
    """

    template = MIXTURE

    def __init__(
        self, sources: Sequence[MixedSource], environments: Sequence[Environment], *, seed: int
    ) -> None:
        self._environments = list(environments)
        self.problems = MixedProblems(
            [source.name for source in sources],
            [environment.problems for environment in environments],
            [source.weight for source in sources],
            identity=_identity(sources, environments),
            seed=seed,
        )

    def messages(self, problem: Problem) -> Messages:
        """The messages of a problem, as its own environment puts it."""
        return self._of(problem).messages(problem)

    def template_of(self, problem: Problem) -> str:
        """The template of a problem's messages."""
        return self._of(problem).template

    def _of(self, problem: Problem) -> Environment:
        return self._environments[self.problems.origin(problem.problem_id)]


def _identity(sources: Sequence[MixedSource], environments: Sequence[Environment]) -> str:
    """What the problems are and how they are put; weights only say which come first."""
    parts = [
        [source.env, environment.problems.identity, environment.template]
        for source, environment in zip(sources, environments, strict=True)
    ]
    return canonical_json(sorted(parts))


@dataclass
class MixedProblems:
    """The problems of several sources, in an order that keeps their weights all along.

    Before each problem every source earns its weight; who has earned the most gives one and pays for it
    what all earned together.

    Attributes:
        names: What the sources are called.
        sources: Where problems come from.
        weights: One for each.
        identity: What the sources are.
        seed: Decides what each begins with.
        on_exhausted: Told the name of a source that has no more problems while others have.
    """

    names: Sequence[str]
    sources: Sequence[Any]
    weights: Sequence[float]
    identity: str
    seed: int
    on_exhausted: Callable[[str, int], None] = lambda name, served: None
    _origins: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def skipped(self) -> int:
        """Malformed rows that were left out, of all sources."""
        return sum(source.skipped for source in self.sources)

    def __len__(self) -> int:
        """Problems of all sources together; one that two of them serve counts twice."""
        return sum(len(source) for source in self.sources)

    def __getitem__(self, index: int) -> Problem:
        """The problem at a place of the mixed order, found by going there."""
        for place, problem in enumerate(self):
            if place == index:
                return problem
        raise IndexError(index)

    def by_id(self, problem_id: str) -> Problem:
        """The problem of an id, from whichever source has it."""
        for source in self.sources:
            try:
                found: Problem = source.by_id(problem_id)
            except KeyError:
                continue
            return found
        raise KeyError(problem_id)

    def origin(self, problem_id: str) -> int:
        """The number of the source that a served problem came from."""
        return self._origins[problem_id]

    def __iter__(self) -> Iterator[Problem]:
        """All problems, each id once.

        Raises:
            Conflict: If two sources have different problems under one id.
        """
        rng = random.Random(self.seed)
        total = sum(self.weights)
        earned = {place: rng.random() * weight / total for place, weight in enumerate(self.weights)}
        readers = [iter(source) for source in self.sources]
        served = [0] * len(self.sources)
        while earned:
            for place in earned:
                earned[place] += self.weights[place]
            place = max(earned, key=lambda one: earned[one])
            problem = self._next_new(readers[place], place)
            if problem is None:
                del earned[place]
                if earned:
                    self.on_exhausted(self.names[place], served[place])
                continue
            earned[place] -= sum(self.weights[other] for other in earned)
            served[place] += 1
            yield problem

    def _next_new(self, reader: Iterator[Problem], place: int) -> Problem | None:
        """The source's next problem that no other source has served."""
        for problem in reader:
            origin = self._origins.setdefault(problem.problem_id, place)
            if origin == place:
                return problem
            if self.sources[origin].by_id(problem.problem_id).digest != problem.digest:
                raise Conflict(
                    f"problem {problem.problem_id!r} is one thing in {self.names[origin]} "
                    f"and another in {self.names[place]}",
                    "Give the problems of one mixture other ids, or leave a source out.",
                )
        return None
