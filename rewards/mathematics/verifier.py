"""The verifier of mathematical answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from genesys.rewards.answers import READERS, answer_format, read_answer
from genesys.rewards.verifier import Kind
from genesys.schema import Problem, Verdict

_NUMBER = re.compile(r"[-+]?\d{1,300}(?:\.\d{1,300})?\Z")


@dataclass(frozen=True, kw_only=True)
class MathVerifier:
    """Compares the answer with the gold.

    Attributes:
        answer_format: Where the answer stands; by default as the problem says, else in the last box.
    """

    name: ClassVar[str] = "math"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "worker"

    answer_format: str | None = None

    def quick(self, problem: Problem, text: str) -> Verdict | None:
        """The verdict where strings and plain numbers decide."""
        gold = _gold(problem)
        if gold is None:
            return Verdict.unscorable("bad_gold")
        name = answer_format(problem, self.answer_format, "boxed")
        if name not in READERS:
            return Verdict.unscorable("unsupported", answer_format=name[:40])
        answer = read_answer(text, (name,))
        if answer.text is None:
            return Verdict.wrong(answer.cause or "no_answer")
        left, right = _normal(gold), _normal(answer.text)
        if left == right:
            return Verdict.right(answer=right[:200])
        if _NUMBER.match(left) and _NUMBER.match(right):
            if Fraction(left) == Fraction(right):
                return Verdict.right(answer=right[:200])
            return Verdict.wrong("wrong_answer", answer=right[:200])
        return None

    def verify(self, problem: Problem, text: str) -> Verdict:
        """The verdict, with math-verify where strings and numbers do not decide."""
        decided = self.quick(problem, text)
        if decided is not None:
            return decided
        from math_verify import parse, verify

        name = answer_format(problem, self.answer_format, "boxed")
        answer = read_answer(text, (name,)).text or ""
        try:
            equal = verify(
                parse(f"${_gold(problem)}$", parsing_timeout=None),
                parse(f"${answer}$", parsing_timeout=None),
                timeout_seconds=None,
            )
        except Exception:  # sympy raises what it likes on hostile text
            equal = False
        info = _normal(answer)[:200]
        return Verdict.right(answer=info) if equal else Verdict.wrong("wrong_answer", answer=info)

    def check_gold(self, problem: Problem) -> str | None:
        """Why the gold cannot be used, or None."""
        return None if _gold(problem) else "the gold is empty"


def _gold(problem: Problem) -> str | None:
    gold = str(problem.verification_info.get("ground_truth") or "").strip()
    return gold or None


def _normal(text: str) -> str:
    return re.sub(r"\s+|\$", "", text).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
