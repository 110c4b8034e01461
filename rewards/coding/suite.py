r"""The tests of a problem, read from its `verification_info`.

{"language": "python",
 "test_cases": [
    {"type": "stdin_stdout", "input": "1 2\n", "output": "3\n"},
    {"type": "function_call", "fn_name": "add", "input": [1, 2], "output": 3},
    {"type": "harness", "code": "assert add(1, 2) == 3"}],
 "comparison": {"float_tolerance": 1e-9},      optional
 "checker": {"language": "python", "code": ...},  optional: judges outputs where many are right
 "time_limit": 2.0, "memory_limit": 256}       optional: CPU seconds; MiB
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from genesys.errors import DataError
from genesys.rewards.coding.comparison import Comparison
from genesys.rewards.sandbox.languages import LANGUAGES
from genesys.rewards.sandbox.limits import MIB, Limits
from genesys.schema import Problem

Kind = Literal["stdin_stdout", "function_call", "harness"]
MAX_CASES = 5000


class Undecidable(DataError):
    """Tests that are sound and that this verifier does not decide."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test.

    Attributes:
        kind: How it is run.
        input: Text for stdin; or arguments.
        output: Expected output; or result.
        fn_name: The function that is called, or that a harness tests.
        code: The harness.
    """

    kind: Kind
    input: Any = None
    output: Any = None
    fn_name: str = ""
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Checker:
    """A program that judges outputs (`judging.py`)."""

    language: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Suite:
    """All tests of a problem.

    Attributes:
        language: The language that a solution must be in.
        cases: The tests.
        comparison: How outputs are compared.
        limits: Of each test.
        checker: Judges outputs instead, where the problem has one.
    """

    language: str
    cases: tuple[Case, ...]
    comparison: Comparison
    limits: Limits
    checker: Checker | None = None

    @property
    def in_process(self) -> bool:
        """Whether tests run in one process with the solution, which then could deceive them."""
        return any(case.kind == "harness" for case in self.cases)


def read_suite(problem: Problem) -> Suite:
    """Reads the tests of a problem.

    Raises:
        DataError: If they cannot be used; the problem is at fault.
        Undecidable: If they are of a kind that is not judged here.
    """
    info = problem.verification_info
    language = str(info.get("language") or "").lower()
    language = _SYNONYMS.get(language, language)
    if language not in LANGUAGES:
        raise Undecidable(f"no sandbox for the language {info.get('language')!r}")
    if problem.metadata.get("interactive"):
        raise Undecidable("the problem is interactive")
    rows = info.get("test_cases")
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
        raise DataError("the problem has no test_cases")
    if len(rows) > MAX_CASES:
        raise DataError(f"{len(rows)} tests are more than the {MAX_CASES} that are run")
    return Suite(
        language=language,
        cases=tuple(_case(row, language) for row in rows),
        comparison=Comparison.from_json(info.get("comparison")),
        limits=_limits(LANGUAGES[language].limits, info, problem.metadata),
        checker=_checker(info.get("checker")),
    )


_SYNONYMS = {"c++": "cpp", "js": "javascript", "node": "javascript", "python3": "python", "py": "python"}


def _case(row: object, language: str) -> Case:
    if not isinstance(row, Mapping):
        raise DataError(f"a test must be an object, not {row!r:.80}")
    kind = row.get("type", "stdin_stdout")
    if kind == "stdin_stdout":
        return Case(kind="stdin_stdout", input=_text(row, "input"), output=_text(row, "output"))
    if kind == "function_call":
        return _function_call(row, language)
    if kind == "harness":
        return _harness(row, language)
    raise Undecidable(f"no test of type {kind!r} is judged")


def _text(row: Mapping[str, Any], name: str) -> str:
    """A text; lists of lines stand for one, as APPS has them."""
    value = row.get(name)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise DataError(f"the {name} of a stdin_stdout test must be text, not {value!r:.80}")
    return value


def _function_call(row: Mapping[str, Any], language: str) -> Case:
    if language not in ("python", "javascript"):
        raise Undecidable(f"function calls in {language} are not judged")
    name, arguments = row.get("fn_name"), row.get("input")
    if not isinstance(name, str) or not name:
        raise DataError("a function_call test needs fn_name")
    if not isinstance(arguments, list):
        raise DataError(f"the input of a function_call test is a list of arguments, not {arguments!r:.80}")
    if "output" not in row:
        raise DataError("a function_call test needs its output")
    return Case(kind="function_call", input=arguments, output=row["output"], fn_name=name)


def _harness(row: Mapping[str, Any], language: str) -> Case:
    code = row.get("code")
    if not isinstance(code, str) or not code.strip():
        raise DataError("a harness test needs its code")
    if language == "rust" and re.search(r"#\[(?:cfg\(test\)|test)\]", code):
        raise Undecidable("a Rust test module needs cargo")
    return Case(kind="harness", code=code, fn_name=str(row.get("fn_name") or ""))


def _checker(value: object) -> Checker | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("code"), str):
        raise DataError(f'a checker is {{"language": ..., "code": ...}}, not {value!r:.80}')
    language = str(value.get("language") or "python")
    if language not in LANGUAGES:
        raise Undecidable(f"no sandbox for the checker's language {language!r}")
    return Checker(language=language, code=value["code"])


def _limits(default: Limits, info: Mapping[str, Any], metadata: Mapping[str, Any]) -> Limits:
    """The problem's own limits where it has any, in `verification_info` or `metadata`."""
    seconds = _seconds(info.get("time_limit", metadata.get("time_limit")))
    memory = _memory(info.get("memory_limit", metadata.get("memory_limit")))
    limits = default if seconds is None else default.with_cpu(seconds)
    if memory is None or default.memory_kind == "data":  # node's own use would drown a small limit
        return limits
    return replace(limits, memory_bytes=max(memory, 64 * MIB))


def _seconds(value: object) -> float | None:
    """Seconds: a number, "2 seconds", or {"seconds": 2, "nanos": 500000000}."""
    if isinstance(value, Mapping):
        value = float(value.get("seconds") or 0) + float(value.get("nanos") or 0) / 1e9
    if isinstance(value, str):
        number = re.match(r"\s*(\d+(?:\.\d+)?)", value)
        value = float(number.group(1)) if number else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 600:
        return None
    return float(value)


def _memory(value: object) -> int | None:
    """Bytes: MiB as a number or "256 megabytes"; a number above a million is bytes already."""
    if isinstance(value, str):
        number = re.match(r"\s*(\d+)", value)
        value = int(number.group(1)) if number else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        return None
    return int(value) if value > 1_000_000 else int(value * MIB)
