"""The plain math-verify library as a verifier, used as its documentation shows: for comparison.

What it lacks, and what `genesys.rewards.mathematics` is for, is measured in `docs/rewards/math.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from genesys.rewards.mathematics.symbolic import library, quiet
from genesys.rewards.verifier import Kind
from genesys.schema import Problem, Verdict, split_reasoning


@dataclass(frozen=True, kw_only=True)
class PlainMathVerify:
    """Verifies with `math_verify.parse` and `math_verify.verify`, gold first.

    The library's own timeouts work by signals, which fail off the main thread; they are switched off,
    and the grader's worker process sets the limits instead.

    Attributes:
        float_rounding: Decimals to which both sides are rounded.
        strict: Whether a set and an interval, or variables of other names, are told apart.
    """

    name: ClassVar[str] = "math-verify"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "worker"

    float_rounding: int = 6
    strict: bool = True

    def verify(self, problem: Problem, text: str) -> Verdict:
        """Parses gold and answer and compares them; a text that does not parse has no answer."""
        gold = _parse(_gold_text(problem))
        if not gold:
            return Verdict.unscorable("bad_gold")
        answer = split_reasoning(text).answer
        if answer is None:
            return Verdict.wrong("truncated")
        parsed = _parse(answer)
        if not parsed:
            return Verdict.wrong("no_answer")
        if self._equal(gold, parsed):
            return Verdict.right()
        return Verdict.wrong("wrong_answer")

    def check_gold(self, problem: Problem) -> str | None:
        """A gold that the library cannot parse is of no use to it."""
        return None if _parse(_gold_text(problem)) else "math-verify cannot parse the gold"

    def _equal(self, gold: list[Any], answer: list[Any]) -> bool:
        try:
            with quiet():
                equal: bool = library().verify(
                    gold,
                    answer,
                    float_rounding=self.float_rounding,
                    strict=self.strict,
                    timeout_seconds=None,
                )
        except Exception:  # noqa: BLE001 - the library lets sympy's errors through for some inputs
            return False
        return equal


def _gold_text(problem: Problem) -> str:
    """The gold inside the delimiters that the library's LaTeX parser looks for."""
    gold = str(problem.verification_info.get("ground_truth") or "").strip()
    if not gold or "$" in gold or "\\boxed" in gold or "\\(" in gold:
        return gold
    return f"${gold}$"


def _parse(text: str) -> list[Any]:
    try:
        with quiet():
            parsed: list[Any] = library().parse(text, parsing_timeout=None)
    except Exception:  # noqa: BLE001 - sympy's and the grammar's errors on hostile text are of many kinds
        return []
    return parsed
