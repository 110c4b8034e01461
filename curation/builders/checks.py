"""The checks that every builder ends with: what ships is a problem that its own verifier serves.

The candidate carries its problem as `problem`, a row of the common schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from genesys.causes import CAUSES
from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.stage import drop
from genesys.envs.gold_audit import Finding, gold_findings
from genesys.errors import MalformedRow, VerifierError
from genesys.rewards.gold import gold_answer
from genesys.schema import Problem, Verdict, digest_of

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
    """Keeps the first of problems with one prompt.

    Attributes:
        folded: Whether prompts that differ in case and white space alone are one; not so where they are programs.
    """

    folded: bool = True
    name: str = "duplicates"

    @property
    def version(self) -> str:
        """Moves with what counts as the same."""
        return f"2-{self.folded}"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops the others as `duplicate`, with the id of the one that stays. Holds a digest of each prompt."""
        seen: dict[bytes, str] = {}
        for candidate in candidates:
            problem = problem_of(candidate)
            words = _SPACE.sub(" ", problem.prompt).strip().casefold() if self.folded else problem.prompt
            digest = bytes.fromhex(digest_of(words, bits=128))
            first = seen.setdefault(digest, problem.problem_id)
            yield candidate if first == problem.problem_id else drop(candidate, "duplicate", f"of {first}")


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

    Attributes:
        verifier: Key of the verifier: under another one the golds are audited anew.
    """

    verifier: str
    name: str = "gold_audit"

    @property
    def version(self) -> str:
        """Moves with the verifier."""
        return f"2-{self.verifier}"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops the others as `gold:<finding>`.

        Raises:
            VerifierError: If golds cannot be verified for a reason that is none of theirs and may pass.
        """
        remaining = iter(candidates)
        while chunk := list(islice(remaining, _AT_ONCE)):
            problems = [problem_of(candidate) for candidate in chunk]
            found = gold_findings(problems, context.grader)
            for candidate, (problem, finding) in zip(chunk, found, strict=True):
                if finding is None or _may_lack_gold(candidate, problem, context):
                    yield candidate
                else:
                    _raise_if_it_may_pass(problem, finding, context)
                    yield drop(candidate, f"gold:{finding.kind}", finding.detail)


def _may_lack_gold(candidate: Candidate, problem: Problem, context: BuildContext) -> bool:
    lacks = gold_answer(problem) is None and bool(candidate.get("gold_optional"))
    return lacks and context.grader.check_gold(problem) is None


def _raise_if_it_may_pass(problem: Problem, finding: Finding, context: BuildContext) -> None:
    """A judge that is down says nothing of a gold: it is asked once more, then the build stops and can be resumed."""
    answers = {"unscorable": gold_answer(problem), "blank_above_0": ""}
    answer = answers.get(finding.kind)
    if answer is not None:
        require_decided(problem, context.grader.verify(problem, answer))


def require_decided(problem: Problem, verdict: Verdict) -> None:
    """Stops a build where a verdict says nothing of the problem.

    Raises:
        VerifierError: If there is no score for a reason that is not the problem's and may pass: no sandbox, a judge
            that cannot be reached.
    """
    if verdict.score is None and verdict.cause is not None and CAUSES[verdict.cause].retry:
        raise VerifierError(
            f"{problem.problem_id} cannot be verified: {verdict.cause}",
            f"{CAUSES[verdict.cause].remedy} Then run the same command again: it continues.",
        )
