"""A solution on all tests of a problem.

A checker, where a problem has one, is a program that gets `{"input", "output", "expected"}` as JSON on
stdin and ends with status 42 where the output is right and 43 where it is wrong, as in the problem package
format of Kattis and ICPC. It runs in the sandbox as well, and never beside a solution.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import Any

from genesys.errors import DataError
from genesys.rewards.coding import assemble
from genesys.rewards.coding.comparison import same_output
from genesys.rewards.coding.outcome import Outcome, fault, last_words
from genesys.rewards.coding.suite import Case, Checker, Suite
from genesys.rewards.coding.values import same_value
from genesys.rewards.sandbox.build import Executable, Rejected, Source
from genesys.rewards.sandbox.client import Report
from genesys.rewards.sandbox.languages import LANGUAGES
from genesys.rewards.sandbox.limits import Limits
from genesys.rewards.sandbox.session import Session

ACCEPTED, REFUSED = 42, 43
MAX_TIMEOUTS = 5
"""Tests that may use up their time; those after them are not run and count as failed by it. An endless
loop on a problem of a hundred tests would keep a core for minutes."""
_CHECKER_LIMITS = Limits().with_cpu(10)


@dataclass
class Judging:
    """What was found so far.

    Attributes:
        outcomes: Of the tests that were run, in their order.
        rejected: What the compiler said, where the solution did not compile.
        compile_cpu: Seconds of CPU time that compiling took.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    rejected: str | None = None
    compile_cpu: float = 0.0


def judge(session: Session, suite: Suite, solution: str, *, stop_on_first_failure: bool) -> Judging:
    """Runs a solution on the tests.

    Raises:
        ToolchainMissing: If the language has no toolchain here.
        SandboxFault: If the sandbox failed.
        DataError: If the problem's checker fails itself.
    """
    judging = Judging()
    for key, cases in groupby(suite.cases, key=lambda case: (case.kind, case.fn_name, case.code)):
        outcomes = _RUNNERS[key[0]](session, suite, solution, list(cases), judging)
        with closing(outcomes):
            for outcome in outcomes:
                judging.outcomes.append(outcome)
                if outcome.cause and (stop_on_first_failure or _gives_up(judging)):
                    return judging
        if judging.rejected is not None:
            return judging
    return judging


def _gives_up(judging: Judging) -> bool:
    return sum(outcome.cause == "time_limit" for outcome in judging.outcomes) >= MAX_TIMEOUTS


Outcomes = Generator[Outcome, None, None]


def _built(session: Session, source: Source, judging: Judging) -> Executable | None:
    made = session.build(source)
    judging.compile_cpu += made.cpu
    if isinstance(made, Rejected):
        judging.rejected = made.words
        return None
    return made


def _stdin_stdout(
    session: Session, suite: Suite, solution: str, cases: list[Case], judging: Judging
) -> Outcomes:
    program = _built(session, Source(language=suite.language, text=solution), judging)
    if program is None:
        return
    run = Run(program, [case.input.encode("utf-8", "surrogatepass") for case in cases])
    with closing(_reports(session, suite, run, solution, judging)) as reports:
        if suite.checker is None:
            for case, report in zip(cases, reports, strict=False):
                yield _outcome(report, suite.limits, partial(_same, suite, case))
            return
        finished = list(reports)
    checker = _checker_program(session, suite.checker)
    for case, report in zip(cases, finished, strict=False):
        yield _outcome(report, suite.limits, partial(_accepts, session, checker, case))


def _outcome(report: Report, limits: Limits, is_right: Callable[[str], bool]) -> Outcome:
    cause = fault(report, limits)
    if cause:
        return Outcome.of(report, cause, last_words(report))
    output = report.stdout.decode("utf-8", "replace")
    return Outcome.of(report, None if is_right(output) else "wrong_answer", output)


def _same(suite: Suite, case: Case, output: str) -> bool:
    return same_output(case.output, output, suite.comparison)


def _function_call(
    session: Session, suite: Suite, solution: str, cases: list[Case], judging: Judging
) -> Outcomes:
    name = cases[0].fn_name
    if suite.language == "python":
        built = _built(session, Source(language="python", text=solution), judging)
        if built is None:
            return
        program = assemble.python_function_call(built)
    else:
        program = assemble.javascript_function_call(solution, name)
    inputs = [json.dumps(case.input).encode() for case in cases]
    run = Run(program, inputs, settings={"fn_name": name})
    with closing(_reports(session, suite, run, solution, judging)) as reports:
        for case, report in zip(cases, reports, strict=False):
            yield _result(report, suite, case)


def _result(report: Report, suite: Suite, case: Case) -> Outcome:
    """Compares what a function returned; what is no result of the driver's is none at all."""
    cause = fault(report, suite.limits)
    if cause:
        return Outcome.of(report, cause, last_words(report))
    try:
        answer = json.loads(report.stdout)
    except (ValueError, RecursionError):
        return Outcome.of(report, "wrong_answer", "the program ended before it returned a result")
    if not isinstance(answer, dict) or "value" not in answer:
        return Outcome.of(report, "format", f"there is no function {case.fn_name!r}")
    right = same_value(case.output, answer["value"], suite.comparison.float_tolerance)
    return Outcome.of(report, None if right else "wrong_answer", json.dumps(answer["value"]))


def _harness(session: Session, suite: Suite, solution: str, cases: list[Case], judging: Judging) -> Outcomes:
    for case in cases:
        program = _harness_program(session, suite.language, solution, case, judging)
        if program is None:
            return
        run = Run(program, [b""], settings={"entry_point": case.fn_name}, handshake=True)
        with closing(_reports(session, suite, run, solution, judging)) as reports:
            for report in reports:
                yield _harness_outcome(report, suite.limits)


def _harness_program(
    session: Session, language: str, solution: str, case: Case, judging: Judging
) -> Executable | None:
    if language == "javascript":
        return assemble.javascript_harness(solution, case.code)
    if language == "python":
        built = _built(session, Source(language="python", text=solution), judging)
        return None if built is None else assemble.python_harness(built, case.code)
    return _built(session, assemble.compiled_harness(language, solution, case.code), judging)


_ASSERTION = re.compile(rb"AssertionError|ERR_ASSERTION|assertion (?:`|failed)|Refused")


def _harness_outcome(report: Report, limits: Limits) -> Outcome:
    """A pass needs exit status 0 and the nonce, which is only said after the last assertion."""
    cause = fault(report, limits)
    if cause == "runtime_error" and _ASSERTION.search(report.stderr):
        cause = "wrong_answer"
    if cause:
        return Outcome.of(report, cause, last_words(report))
    if not report.completed:
        return Outcome.of(report, "wrong_answer", "the program ended before its last assertion")
    return Outcome.of(report, None)


_RUNNERS = {"stdin_stdout": _stdin_stdout, "function_call": _function_call, "harness": _harness}


@dataclass(frozen=True)
class Run:
    """A program with what it is run on."""

    program: Executable
    inputs: list[bytes]
    settings: dict[str, Any] | None = None
    handshake: bool = False

    def start(self, session: Session, limits: Limits) -> Generator[Report, None, None]:
        """Runs it."""
        return session.run(
            self.program, self.inputs, limits, settings=self.settings, handshake=self.handshake
        )


def _reports(
    session: Session, suite: Suite, run: Run, solution: str, judging: Judging
) -> Generator[Report, None, None]:
    """The reports of a run; with two looks more where node leaves a doubt."""
    with closing(run.start(session, suite.limits)) as reports:
        if suite.language != "javascript":
            yield from reports
            return
        done, doubtful = 0, None
        for report in reports:
            if report.status and (_OVERFLOW in report.stderr or (done == 0 and _SYNTAX in report.stderr)):
                doubtful = report
                break
            done += 1
            yield report
    if doubtful is not None:  # the first run has ended: the worker is free for the second
        yield from _second_look(session, suite, run, done, solution, judging, doubtful)


_OVERFLOW, _SYNTAX = b"Maximum call stack size", b"SyntaxError"


def _second_look(
    session: Session, suite: Suite, run: Run, done: int, solution: str, judging: Judging, doubtful: Report
) -> Generator[Report, None, None]:
    """Runs the remaining tests of a JavaScript program again.

    A program that does not parse is found out only when node runs it, and a program may throw a
    SyntaxError of its own (`JSON.parse` does): node is asked to parse it. Deep recursion overflows node's
    small stack: it gets a large one, which costs every start a seventh and so is not given to all.
    """
    if _OVERFLOW in doubtful.stderr:
        run = replace(run, program=assemble.with_deep_stack(run.program))
    else:
        judging.rejected = _syntax_error(session, solution)
        if judging.rejected is not None:
            return
    yield from replace(run, inputs=run.inputs[done:]).start(session, suite.limits)


def _syntax_error(session: Session, solution: str) -> str | None:
    name = LANGUAGES["javascript"].file(solution)
    (report,) = session.run(assemble.javascript_check(solution, name), [b""], LANGUAGES["javascript"].limits)
    return last_words(report) if report.status else None


def _checker_program(session: Session, checker: Checker) -> Executable:
    made = session.build(Source(language=checker.language, text=checker.code))
    if isinstance(made, Rejected):
        raise DataError(f"the problem's checker does not compile: {made.words}")
    return made


def _accepts(session: Session, checker: Executable, case: Case, output: str) -> bool:
    """Asks the problem's checker.

    Raises:
        DataError: If it gives no answer.
    """
    question = {"input": case.input, "output": output, "expected": case.output}
    (report,) = session.run(checker, [json.dumps(question).encode()], _CHECKER_LIMITS)
    if report.stopped or report.status not in (ACCEPTED, REFUSED):
        raise DataError(f"the problem's checker ended with status {report.status}")
    return report.status == ACCEPTED
