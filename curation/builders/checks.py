"""The checks that every builder ends with: what ships is a problem that its own verifier serves.

The candidate carries its problem as `problem`, a row of the common schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.stage import drop
from genesys.envs.gold_audit import gold_findings
from genesys.errors import MalformedRow
from genesys.rewards.gold import gold_answer
from genesys.schema import Problem, text_digest

PROBLEM = "problem"
"""The field that holds the problem's row."""

_AT_ONCE = 1024
_SPACE = re.compile(r"\s+")


def problem_of(candidate: Candidate) -> Problem:
    """The problem that a candidate carries."""
    return Problem.from_row(candidate[PROBLEM])


@dataclass(frozen=True)
class Formed:
    """Makes each candidate's problem; drops what does not fit the schema."""

    form: Callable[[Candidate], Problem]
    version: str = "1"
    name: str = "formed"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Adds the problem's row, or drops as `malformed`."""
        for candidate in candidates:
            try:
                problem = Problem.from_row(self.form(candidate).to_row())
            except MalformedRow as error:
                yield drop(candidate, "malformed", error.fault)
            else:
                yield candidate.having(**{PROBLEM: problem.to_row()})


@dataclass(frozen=True)
class Unique:
    """Keeps the first of problems whose prompts differ in case and white space at most."""

    name: str = "duplicates"
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops the others as `duplicate`, with the id of the one that stays.

        An id that occurs again with another prompt is dropped as `same_id`.
        """
        seen: dict[str, str] = {}
        ids: set[str] = set()
        for candidate in candidates:
            problem = problem_of(candidate)
            words = _SPACE.sub(" ", problem.prompt).strip().casefold()
            first = seen.setdefault(text_digest(words)[:32], problem.problem_id)
            if first != problem.problem_id or problem.problem_id in ids:
                reason = "duplicate" if first != problem.problem_id else "same_id"
                yield drop(candidate, reason, f"of {first}")
                continue
            ids.add(problem.problem_id)
            yield candidate


@dataclass(frozen=True)
class GoldChecked:
    """Keeps problems whose gold can be used: all that can be said where a judge scores and none is there."""

    name: str = "gold_check"
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops the others as `gold:bad_gold`."""
        for candidate in candidates:
            reason = context.grader.check_gold(problem_of(candidate))
            yield candidate if reason is None else drop(candidate, "gold:bad_gold", reason)


@dataclass(frozen=True)
class GoldAudited:
    """Keeps problems whose gold scores 1 under their own verifier, and nothing and a near miss below.

    A candidate with the field `gold_optional` may have none: then its tests must be usable.
    """

    name: str = "gold_audit"
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops the others as `gold:<finding>`."""
        remaining = iter(candidates)
        while chunk := list(islice(remaining, _AT_ONCE)):
            problems = [problem_of(candidate) for candidate in chunk]
            found = gold_findings(problems, context.grader)
            for candidate, (problem, finding) in zip(chunk, found, strict=True):
                if finding is None or _may_lack_gold(candidate, problem, context):
                    yield candidate
                else:
                    yield drop(candidate, f"gold:{finding.kind}", finding.detail)


def _may_lack_gold(candidate: Candidate, problem: Problem, context: BuildContext) -> bool:
    lacks = gold_answer(problem) is None and bool(candidate.get("gold_optional"))
    return lacks and context.grader.check_gold(problem) is None
