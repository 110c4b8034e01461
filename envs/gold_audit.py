"""The gold audit: a problem is fit for use when its own verifier tells its gold from its near misses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice

from genesys.rewards import Grader
from genesys.rewards.gold import gold_answer, near_miss
from genesys.schema import Problem, Verdict

_AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong with one problem.

    Attributes:
        problem_id: The problem.
        source: Where it comes from.
        kind: "bad_gold", "gold_below_1", "blank_above_0", "near_miss_at_1" or "unscorable".
        detail: The gold or near miss, and the verdict on it.
    """

    problem_id: str
    source: str
    kind: str
    detail: str


@dataclass(kw_only=True)
class GoldAudit:
    """What an audit found.

    Attributes:
        problems: Problems audited.
        passed: Of these, those with nothing to find.
        kinds: (source, kind) -> findings.
        findings: The first findings of each kind, in detail.
    """

    problems: int = 0
    passed: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding, keep: int) -> None:
        """Counts a finding, and keeps the first of each source and kind."""
        self.kinds[finding.source, finding.kind] += 1
        if self.kinds[finding.source, finding.kind] <= keep:
            self.findings.append(finding)


def audit_golds(
    problems: Iterable[Problem],
    grader: Grader,
    *,
    keep: int = 20,
    on_progress: Callable[[int], None] = lambda _: None,
) -> GoldAudit:
    """Verifies the gold, an empty answer and a near miss of each problem.

    Args:
        problems: The problems.
        grader: Verifies.
        keep: Findings of each source and kind kept in detail.
        on_progress: Called with the number of problems done since the last call.
    """
    audit = GoldAudit()
    for problem, answers in _verified(problems, grader):
        audit.problems += 1
        finding = _finding(problem, answers)
        if finding is None:
            audit.passed += 1
        else:
            audit.add(finding, keep)
        on_progress(1)
    return audit


@dataclass(frozen=True)
class _Answers:
    gold: Verdict | None
    blank: Verdict
    near_miss: Verdict | None


def _verified(problems: Iterable[Problem], grader: Grader) -> Iterator[tuple[Problem, _Answers]]:
    remaining = iter(problems)
    while batch := list(islice(remaining, _AT_ONCE)):
        started = [(problem, *_start(problem, grader)) for problem in batch]
        for problem, gold, blank, near in started:
            yield problem, _Answers(_result(gold), blank.result(), _result(near))


def _start(
    problem: Problem, grader: Grader
) -> tuple[Future[Verdict] | None, Future[Verdict], Future[Verdict] | None]:
    gold, near = gold_answer(problem), near_miss(problem)
    return (
        None if gold is None else grader.submit(problem, gold),
        grader.submit(problem, ""),
        None if near is None else grader.submit(problem, near),
    )


def _result(future: Future[Verdict] | None) -> Verdict | None:
    return None if future is None else future.result()


def _finding(problem: Problem, answers: _Answers) -> Finding | None:
    """The gravest thing to say of a problem, or None."""
    gold, blank, near = answers.gold, answers.blank, answers.near_miss
    if gold is None or gold.cause == "bad_gold":
        reason = "there is none" if gold is None else str(gold.info.get("reason", "it cannot be used"))
        return _found(problem, "bad_gold", reason)
    if gold.score is None:
        return _found(problem, "unscorable", f"{gold_answer(problem)!r}: {gold.cause}")
    if gold.score < 1.0:
        return _found(problem, "gold_below_1", f"{gold_answer(problem)!r}: {gold.score} {gold.cause}")
    if blank.score != 0.0:
        return _found(problem, "blank_above_0", f"'': {blank.score} {blank.cause}")
    if near is not None and near.score == 1.0:
        return _found(problem, "near_miss_at_1", f"{near_miss(problem)!r}")
    return None


def _found(problem: Problem, kind: str, detail: str) -> Finding:
    return Finding(problem_id=problem.problem_id, source=problem.source, kind=kind, detail=detail[:300])
