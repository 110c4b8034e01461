r"""Measuring a mathematics verifier on labelled cases.

A case is a gold, a response, and whether the response is right. Rates are given with their 95 % Wilson
intervals, by category; cases whose label is a convention (`policy`) or needs language (`needs_judge`) are
counted apart. One JSON object a line:

    {"gold": "1/2", "response": "... \\boxed{0.5}", "is_correct": true, "category": "fraction"}
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from genesys.errors import MalformedRow
from genesys.schema import Problem, Verdict

Verify = Callable[[Problem, str], Verdict]
_Z = 1.959964
_SLOWEST = 10


@dataclass(frozen=True, kw_only=True)
class LabelledCase:
    """One labelled response.

    Attributes:
        case_id: Its name.
        problem: The problem, with the gold as its ground truth.
        response: The completion's text.
        is_correct: The true label.
        category: What kind of answer it is.
        form: How it is written: boxed, extraction, raw, unboxed.
        needs_judge: Whether equality needs language or context.
        policy: Whether the label is a convention.
    """

    case_id: str
    problem: Problem
    response: str
    is_correct: bool
    category: str
    form: str = "boxed"
    needs_judge: bool = False
    policy: bool = False

    @classmethod
    def from_row(cls, row: Mapping[str, Any], number: int) -> LabelledCase:
        """Reads one row.

        Raises:
            MalformedRow: If gold, response or label is missing.
        """
        for column, kind in (("gold", str), ("response", str), ("is_correct", bool)):
            if not isinstance(row.get(column), kind):
                raise MalformedRow(f"row {number}: {column} must be {kind.__name__}, not {row.get(column)!r}")
        name = str(row.get("id") or number)
        problem = Problem(
            problem_id=name,
            source=str(row.get("source") or "audit"),
            task_type="verifiable_math",
            prompt=str(row.get("prompt") or ""),
            verification_info={"ground_truth": row["gold"]},
        )
        return cls(
            case_id=name,
            problem=problem,
            response=row["response"],
            is_correct=row["is_correct"],
            category=str(row.get("category") or "all"),
            form=str(row.get("format") or "boxed"),
            needs_judge=bool(row.get("needs_judge")),
            policy=bool(row.get("policy")),
        )


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % Wilson score interval (E. B. Wilson, 1927).

    Attributes:
        count: How many.
        total: Of how many.
    """

    count: int
    total: int

    @property
    def share(self) -> float:
        """The share; 0 of nothing."""
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end; all of [0, 1] where there is nothing to go by."""
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.share
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass
class Tally:
    """Counts of one category.

    Attributes:
        right: Cases whose label is right.
        wrong: Cases whose label is wrong.
        rejected: Right ones that scored below 1.
        accepted: Wrong ones that scored 1.
        uncertain: Cases without a score.
    """

    right: int = 0
    wrong: int = 0
    rejected: int = 0
    accepted: int = 0
    uncertain: int = 0

    def add(self, case: LabelledCase, verdict: Verdict) -> None:
        """Counts one case."""
        self.right += case.is_correct
        self.wrong += not case.is_correct
        if verdict.score is None:
            self.uncertain += 1
        elif case.is_correct:
            self.rejected += verdict.score < 1.0
        else:
            self.accepted += verdict.score >= 1.0

    @property
    def total(self) -> int:
        """All cases."""
        return self.right + self.wrong

    @property
    def false_negatives(self) -> Rate:
        """Right answers that were rejected, of all right ones."""
        return Rate(self.rejected, self.right)

    @property
    def false_positives(self) -> Rate:
        """Wrong answers that were accepted, of all wrong ones."""
        return Rate(self.accepted, self.wrong)

    @property
    def uncertain_rate(self) -> Rate:
        """Cases without a score, of all."""
        return Rate(self.uncertain, self.total)


@dataclass(frozen=True)
class Finding:
    """A case that was judged otherwise than its label says.

    Attributes:
        case: The case.
        verdict: What was said of it.
    """

    case: LabelledCase
    verdict: Verdict

    @property
    def kind(self) -> str:
        """False negative, false positive or uncertain."""
        if self.verdict.score is None:
            return "uncertain"
        return "false negative" if self.case.is_correct else "false positive"


@dataclass
class MathAudit:
    """What was measured.

    Attributes:
        total: All scored cases.
        categories: The same by category.
        policy: Cases whose label is a convention.
        needs_judge: Cases that need language or context.
        findings: The scored cases that were judged otherwise than labelled.
        seconds: Time of all verifications.
        slowest: Seconds and case of the slowest ones, slowest first.
    """

    total: Tally = field(default_factory=Tally)
    categories: dict[str, Tally] = field(default_factory=dict)
    policy: Tally = field(default_factory=Tally)
    needs_judge: Tally = field(default_factory=Tally)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    slowest: list[tuple[float, str]] = field(default_factory=list)

    @property
    def throughput(self) -> float:
        """Verifications a second."""
        cases = self.total.total + self.policy.total + self.needs_judge.total
        return cases / self.seconds if self.seconds else 0.0

    def add(self, case: LabelledCase, verdict: Verdict, seconds: float) -> None:
        """Counts one verdict."""
        self.seconds += seconds
        heapq.heappush(self.slowest, (seconds, case.case_id))
        if len(self.slowest) > _SLOWEST:
            heapq.heappop(self.slowest)
        if case.policy or case.needs_judge:
            (self.policy if case.policy else self.needs_judge).add(case, verdict)
            return
        self.total.add(case, verdict)
        self.categories.setdefault(case.category, Tally()).add(case, verdict)
        if verdict.score is None or (verdict.score >= 1.0) != case.is_correct:
            self.findings.append(Finding(case, verdict))


def read_cases(
    rows: Iterable[tuple[int, Mapping[str, Any]]], *, forms: frozenset[str] | None = None
) -> Iterator[LabelledCase]:
    """Reads labelled cases from rows.

    Args:
        rows: The numbered rows of a file (`genesys.envs.sources.rows.read_rows`).
        forms: Which values of the column `format` are kept; None keeps all.

    Raises:
        MalformedRow: If a row lacks gold, response or label.
    """
    for number, row in rows:
        case = LabelledCase.from_row(row, number)
        if forms is None or case.form in forms:
            yield case


def run_math_audit(cases: Iterable[LabelledCase], verify: Verify) -> MathAudit:
    """Verifies every case, one after the other, and counts.

    Args:
        cases: The labelled cases.
        verify: `Grader.verify` with its verifier, or any function of a problem and a text.
    """
    audit = MathAudit()
    for case in cases:
        began = time.perf_counter()
        verdict = verify(case.problem, case.response)
        audit.add(case, verdict, time.perf_counter() - began)
    audit.slowest.sort(reverse=True)
    return audit
