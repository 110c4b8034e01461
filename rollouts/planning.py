"""What there is to sample: problems in their order, each with the samples of it that are missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from genesys.envs.sources.source import ProblemSource
from genesys.errors import ConfigurationError, DataError
from genesys.rewards import Grader
from genesys.rollouts.identity import RunIdentity, response_ids
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.sampler import Prefix
from genesys.rollouts.shard import Shard
from genesys.rollouts.tallies import Tally, tallies_of
from genesys.schema import Problem

Messages = Sequence[Mapping[str, str]]


class Environment(Protocol):
    """What the collector needs of an environment: problems and the messages they are put as.

    One that puts its problems in several ways (a mixture) has `template_of(problem)`, too.
    """

    template: str

    @property
    def problems(self) -> ProblemSource:
        """The problems, in a deterministic order."""
        ...

    def messages(self, problem: Problem) -> Messages:
        """The chat messages of a problem."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One problem with the samples of it that are missing.

    Attributes:
        problem: The problem.
        messages: How it is put.
        template: `"name@version"` of what made these messages.
        identity: The settings that its ids and samples follow from.
        ids: Sample index -> response id, in the order of the indices.
        parent_id: The response that its one sample continues, or None.
        prefix: What that response says.
        tally: The verdicts on what is there of it already.
    """

    problem: Problem
    messages: Messages
    template: str
    identity: RunIdentity
    ids: Mapping[int, str]
    parent_id: str | None = None
    prefix: Prefix | None = None
    tally: Tally = field(default_factory=Tally)


class Plan(Protocol):
    """What a call has to do."""

    @property
    def planned(self) -> int:
        """Completions that it asks for, those of earlier calls included; 0 where nobody knows yet."""
        ...

    def units(self) -> Iterator[Unit]:
        """What is missing."""
        ...


class ProblemPlan:
    """The first samples of an environment's problems.

    Args:
        environment: Serves problems and messages.
        run: Its committed completions are left out.
        n: Samples a problem.
        limit: Only the first so many problems, or all.
        shard: Only this shard's problems of these, or all.
        on_bad_gold: "skip" leaves out and counts problems whose gold cannot be verified; "fail" stops.
        grader: Checks golds; None checks none.
        progress: Is told what was there and what is left out.
        with_tallies: Whether units come with the verdicts there are.
    """

    def __init__(
        self,
        environment: Environment,
        run: RunFolder,
        *,
        n: int,
        limit: int | None,
        shard: Shard | None = None,
        on_bad_gold: str,
        grader: Grader | None,
        progress: Progress,
        with_tallies: bool = False,
    ) -> None:
        self._environment, self._run, self._grader, self._progress = environment, run, grader, progress
        self._n, self._limit, self._shard, self._on_bad_gold = n, limit, shard, on_bad_gold
        self._with_tallies = with_tallies

    @property
    def planned(self) -> int:
        """Completions that the plan asks for, those of earlier calls included."""
        return self._n * min(len(self._environment.problems), self._limit or sys.maxsize)

    def units(self) -> Iterator[Unit]:
        """Problems in the environment's order, each with what is missing of it.

        Raises:
            DataError: If a gold is bad, and that is to stop.
            ConfigurationError: If no verifier serves a problem.
        """
        committed = self._run.response_ids()
        tallies: Mapping[str, Tally] = {}
        if self._with_tallies and self._grader is not None:
            tallies = tallies_of(self._run, self._grader)
        for problem in islice(self._environment.problems, self._limit):
            if self._shard is not None and not self._shard.holds(problem.problem_id):
                self._progress.planned -= self._n
                continue
            unit = self._unit(problem, committed, tallies.get(problem.problem_id, Tally()))
            if unit.ids and not self._is_bad(problem):
                yield unit

    def _unit(self, problem: Problem, committed: set[str], tally: Tally) -> Unit:
        messages = self._environment.messages(problem)
        indices = range(self._n)
        ids = response_ids(self._run.identity, problem, messages, indices)
        missing = {index: name for index, name in zip(indices, ids, strict=True) if name not in committed}
        self._progress.before += self._n - len(missing)
        template_of = getattr(self._environment, "template_of", None)
        return Unit(
            problem=problem,
            messages=messages,
            template=template_of(problem) if template_of else self._environment.template,
            identity=self._run.identity,
            ids=missing,
            tally=tally,
        )

    def _is_bad(self, problem: Problem) -> bool:
        if self._grader is None:
            return False
        if self._grader.spec_for(problem) is None:
            raise ConfigurationError(
                f"no verifier serves the task type {problem.task_type!r} of problem {problem.problem_id!r}",
                "Name one with --verifier, or collect with --no-verify.",
            )
        reason = self._grader.check_gold(problem)
        if reason is None:
            return False
        if self._on_bad_gold == "fail":
            raise DataError(
                f"problem {problem.problem_id!r} of {problem.source!r} has a bad gold: {reason}",
                "Repair or drop it, or leave such problems out with --on-bad-gold skip.",
            )
        self._progress.bad_golds += 1
        self._run.log("bad_gold", problem_id=problem.problem_id, reason=reason)
        return True
