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
    answer_format: str | None = None,
    keep: int = 20,
    on_progress: Callable[[int], None] = lambda _: None,
) -> GoldAudit:
    """Verifies the gold, an empty answer and a near miss of each problem.

    Args:
        problems: The problems.
        grader: Verifies.
        answer_format: What answers are written in, where the grader's verifiers were told one.
        keep: Findings of each source and kind kept in detail.
        on_progress: Called with the number of problems done since the last call.
    """
    audit = GoldAudit()
    for _, finding in gold_findings(problems, grader, answer_format=answer_format):
        audit.problems += 1
        if finding is None:
            audit.passed += 1
        else:
            audit.add(finding, keep)
        on_progress(1)
    return audit


def gold_findings(
    problems: Iterable[Problem], grader: Grader, *, answer_format: str | None = None
) -> Iterator[tuple[Problem, Finding | None]]:
    """Each problem, in order, with the gravest thing to say of it, or None where its verifier serves it."""
    for problem, answers in _verified(problems, grader, answer_format):
        yield problem, _finding(problem, answers)


@dataclass(frozen=True)
class _Try:
    """One answer and what becomes of it."""

    text: str
    future: Future[Verdict]

    @property
    def verdict(self) -> Verdict:
        return self.future.result()

    def told(self) -> str:
        return f"{self.text!r}: {self.verdict.score} {self.verdict.cause or ''}".rstrip()


@dataclass(frozen=True)
class _Answers:
    gold: _Try | None
    blank: _Try
    near_miss: _Try | None


def _verified(
    problems: Iterable[Problem], grader: Grader, form: str | None
) -> Iterator[tuple[Problem, _Answers]]:
    remaining = iter(problems)
    while batch := list(islice(remaining, _AT_ONCE)):
        started = [(problem, _start(problem, grader, form)) for problem in batch]
        for problem, (gold, blank, near) in started:
            yield problem, _Answers(gold, blank, near)


def _start(problem: Problem, grader: Grader, form: str | None) -> tuple[_Try | None, _Try, _Try | None]:
    gold, near = gold_answer(problem, form), near_miss(problem, form)
    return (
        None if gold is None else _Try(gold, grader.submit(problem, gold)),
        _Try("", grader.submit(problem, "")),
        None if near is None else _Try(near, grader.submit(problem, near)),
    )


def _finding(problem: Problem, answers: _Answers) -> Finding | None:
    """The gravest thing to say of a problem, or None."""
    if answers.gold is None:
        return _found(problem, "bad_gold", "there is none")
    gold = answers.gold.verdict
    if gold.cause == "bad_gold":
        return _found(problem, "bad_gold", str(gold.info.get("reason", "it cannot be used")))
    if gold.score is None:
        return _found(problem, "unscorable", answers.gold.told())
    if gold.score < 1.0:
        return _found(problem, "gold_below_1", answers.gold.told())
    if answers.blank.verdict.score != 0.0:
        return _found(problem, "blank_above_0", answers.blank.told())
    if answers.near_miss is not None and answers.near_miss.verdict.score == 1.0:
        return _found(problem, "near_miss_at_1", answers.near_miss.told())
    return None


def _found(problem: Problem, kind: str, detail: str) -> Finding:
    return Finding(problem_id=problem.problem_id, source=problem.source, kind=kind, detail=detail[:300])
