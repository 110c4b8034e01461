"""The verifier of mathematical answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from genesys.rewards.answers import answer_format
from genesys.rewards.mathematics.context import ListOrder
from genesys.rewards.mathematics.decision import Decision, Question, decide
from genesys.rewards.mathematics.errors import NeedsWorkerError
from genesys.rewards.mathematics.extraction import FORMATS, find_answer, gold_text
from genesys.rewards.mathematics.gold import gold_fault, raw_gold
from genesys.rewards.mathematics.outcome import Outcome
from genesys.rewards.verifier import Kind
from genesys.schema import Problem, Verdict

MAX_INFO = 200
"""Characters of an answer that a verdict's info repeats."""


@dataclass(frozen=True, kw_only=True)
class MathVerifier:
    """Compares the answer in the box with the gold, tier by tier (`docs/rewards/math.md`).

    Attributes:
        answer_format: Where the answer stands; by default as the problem says, else in the last box.
        tolerance: Relative tolerance for golds that are measured values, such as 0.01; 0 compares exactly.
        list_order: Whether a list without brackets must keep the gold's order: any, strict.
        strict_units: Whether an answer must carry the unit that the gold carries.
        percent_as_number: Whether 76 answers a gold of 76%.
    """

    name: ClassVar[str] = "math"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "worker"

    answer_format: str | None = None
    tolerance: float = 0.0
    list_order: ListOrder = "any"
    strict_units: bool = False
    percent_as_number: bool = True

    def verify(self, problem: Problem, text: str) -> Verdict:
        """The verdict, with slow work where it needs some."""
        return self._verdict(problem, text, deep=True)

    def quick(self, problem: Problem, text: str) -> Verdict | None:
        """The verdict where no slow work is needed."""
        try:
            return self._verdict(problem, text, deep=False)
        except NeedsWorkerError:
            return None

    def check_gold(self, problem: Problem) -> str | None:
        """Why the gold cannot be used, from the gold alone, or None."""
        return gold_fault(problem)

    def _verdict(self, problem: Problem, text: str, *, deep: bool) -> Verdict:
        fault = gold_fault(problem)
        if fault is not None:
            return Verdict.unscorable("bad_gold", reason=fault)
        name = answer_format(problem, self.answer_format, "boxed")
        if name not in FORMATS:
            return Verdict.unscorable("unsupported", answer_format=name[:MAX_INFO])
        answer = find_answer(problem, text, name)
        if answer.text is None:
            return Verdict.wrong(answer.cause or "no_answer")
        gold = gold_text(raw_gold(problem) or "")
        decision = decide(Question(problem, gold, answer.text, self._options()), deep=deep)
        return _verdict_of(decision, answer.text)

    def _options(self) -> dict[str, Any]:
        return {
            "tolerance": self.tolerance,
            "list_order": self.list_order,
            "strict_units": self.strict_units,
            "percent_as_number": self.percent_as_number,
        }


def _verdict_of(decision: Decision, answer: str) -> Verdict:
    info = {"answer": answer[:MAX_INFO], "tier": decision.tier}
    if decision.outcome is Outcome.YES:
        return Verdict.right(**info)
    if decision.outcome is Outcome.JUDGE:
        return Verdict.unscorable("needs_judge", **info)
    return Verdict(score=0.0, cause=decision.cause, info=info)
