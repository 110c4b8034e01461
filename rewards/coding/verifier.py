"""The verifier "code": runs a completion's program on the problem's tests.

Verdict(score=0.75, cause="wrong_answer", info={
    "language": "python", "isolation": "namespaces", "tests": 4, "passed": 3,
    "outcomes": ["passed", "passed", "wrong_answer", "passed"],
    "failure": {"test": 2, "cause": "wrong_answer", "input": "...", "expected": "...", "got": "..."}})
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from genesys.errors import DataError
from genesys.rewards.answers import answer_format
from genesys.rewards.coding.answer import read_program
from genesys.rewards.coding.judging import Judging, judge
from genesys.rewards.coding.outcome import excerpt
from genesys.rewards.coding.suite import Case, Suite, Undecidable, read_suite
from genesys.rewards.sandbox.session import Session
from genesys.rewards.verifier import Kind
from genesys.schema import Problem, Verdict

MAX_OUTCOMES = 100
"""Tests whose outcomes stand in a verdict one by one; the rest are counted."""


@dataclass(frozen=True, kw_only=True)
class CodeVerifier:
    """Scores a program by the share of tests that it passes.

    Attributes:
        answer_format: `fenced_code` or `bare`; None takes the problem's, else the last fenced block.
        stop_on_first_failure: Whether the first failed test ends it with score 0, for rewards that are
            all or nothing.
    """

    name: ClassVar[str] = "code"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "sandbox"

    answer_format: str | None = None
    stop_on_first_failure: bool = False

    def verify(self, problem: Problem, text: str) -> Verdict:
        """Verifies in a sandbox of this process's own; the grader brings its own (`verify_in`)."""
        from genesys.rewards.sandbox.shared import shared_pool, verify_in_pool

        return verify_in_pool(shared_pool(), self, problem, text)

    def quick(self, problem: Problem, text: str) -> Verdict | None:
        """The verdict where nothing needs to be run: unusable tests, no program."""
        try:
            suite = read_suite(problem)
        except Undecidable as error:
            return Verdict.unscorable("unsupported", reason=error.fault)
        except DataError as error:
            return Verdict.unscorable("bad_gold", reason=error.fault)
        chosen = answer_format(problem, self.answer_format, "fenced_code")
        if chosen not in ("fenced_code", "bare"):
            return Verdict.unscorable("unsupported", reason=f"no program is read from {chosen!r}")
        answer = read_program(text, suite.language, chosen)
        if answer.text is None:
            return Verdict.wrong(answer.cause or "no_answer", language=suite.language)
        return None

    def verify_in(self, session: Session, problem: Problem, text: str) -> Verdict:
        """Verifies in a sandbox of the caller's.

        Raises:
            ToolchainMissing: If the language has no toolchain here.
            SandboxFault: If the sandbox failed.
        """
        decided = self.quick(problem, text)
        if decided is not None:
            return decided
        suite = read_suite(problem)
        chosen = answer_format(problem, self.answer_format, "fenced_code")
        program = read_program(text, suite.language, chosen).text
        assert program is not None  # `quick` found one
        try:
            judging = judge(session, suite, program, stop_on_first_failure=self.stop_on_first_failure)
        except DataError as error:
            return Verdict.unscorable("bad_gold", reason=error.fault)
        return self._verdict(suite, judging, session.level)

    def check_gold(self, problem: Problem) -> str | None:
        """Why the tests cannot be used, or None."""
        try:
            read_suite(problem)
        except DataError as error:
            return error.fault
        return None

    def _verdict(self, suite: Suite, judging: Judging, level: str) -> Verdict:
        info: dict[str, Any] = {"language": suite.language, "isolation": level, "tests": len(suite.cases)}
        if suite.in_process:
            info["trust"] = "in_process"
        cost = _cost(judging)
        if judging.rejected is not None:
            info |= {"passed": 0, "failure": {"cause": "compile_error", "got": excerpt(judging.rejected)}}
            return Verdict(score=0.0, cause="compile_error", info=info, cost=cost)
        passed = sum(outcome.cause is None for outcome in judging.outcomes)
        info |= {"passed": passed, **_outcomes(judging)}
        if passed == len(suite.cases):
            return Verdict(score=1.0, info=info, cost=cost)
        info["failure"] = _first_failure(suite, judging)
        score = 0.0 if self.stop_on_first_failure else passed / len(suite.cases)
        return Verdict(score=score, cause=info["failure"]["cause"], info=info, cost=cost)


def _outcomes(judging: Judging) -> dict[str, Any]:
    words = [outcome.cause or "passed" for outcome in judging.outcomes]
    if len(words) <= MAX_OUTCOMES:
        return {"outcomes": words}
    return {"outcomes": words[:MAX_OUTCOMES], "outcome_counts": dict(sorted(Counter(words).items()))}


def _first_failure(suite: Suite, judging: Judging) -> dict[str, Any]:
    pairs = enumerate(zip(suite.cases, judging.outcomes, strict=False))
    index, (case, outcome) = next((i, pair) for i, pair in pairs if pair[1].cause)
    return {"test": index, "cause": outcome.cause, **_asked(case), "got": outcome.got}


def _asked(case: Case) -> dict[str, str]:
    if case.kind == "harness":
        return {}
    return {"input": _shown(case.input), "expected": _shown(case.output)}


def _shown(value: object) -> str:
    return excerpt(value if isinstance(value, str) else repr(value))


def _cost(judging: Judging) -> dict[str, float]:
    cpu = [outcome.cpu for outcome in judging.outcomes]
    return {
        "cpu_seconds": sum(cpu) + judging.compile_cpu,
        "compile_cpu_seconds": judging.compile_cpu,
        "slowest_cpu_seconds": max(cpu, default=0.0),
        "peak_memory_bytes": float(max((outcome.rss for outcome in judging.outcomes), default=0)),
    }
