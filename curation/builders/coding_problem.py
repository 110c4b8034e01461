"""What all dumps of programming problems come to before they are built: one form of statement, tests and solutions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from genesys.curation.builders.candidate import Candidate
from genesys.errors import MalformedRow
from genesys.schema import digest_of

LANGUAGES = ("python", "javascript", "rust", "cpp")
_NAMES = {
    "python": "python", "python3": "python", "py": "python", "pypy3": "python", "3": "python",
    "javascript": "javascript", "js": "javascript", "node": "javascript", "rust": "rust", "rs": "rust",
    "cpp": "cpp", "c++": "cpp", "cc": "cpp", "2": "cpp",
}  # fmt: skip
"""What dumps call languages; the digits are CodeContests' enumeration, whose 1 is Python 2."""

STDIN, CALL = "stdin_stdout", "function_call"


def language_of(name: object) -> str | None:
    """Our name of a language that a dump names, or None where it is none of ours."""
    return _NAMES.get(str(name).strip().lower())


def coding_candidate(
    source: str,
    name: str,
    statement: object,
    tests: Sequence[Mapping[str, Any]],
    solutions: Sequence[Mapping[str, str]] = (),
    **more: Any,
) -> Candidate:
    """A candidate of a programming problem.

    Args:
        source: The dataset.
        name: The problem's name in it; "" takes a digest of the statement.
        statement: What is to be solved.
        tests: As `genesys.rewards.coding` reads them.
        solutions: `language` and `code` of programs that the source calls right.
        more: `starter`, `difficulty`, `url`, `time_limit` (seconds), `memory_limit` (MiB or bytes), `checker`,
            `interactive`, `files` (input or output is a file of its own), `licence`, `wrong` (programs that the source calls wrong).

    Raises:
        MalformedRow: If there is no statement.
    """
    if not isinstance(statement, str) or not statement.strip():
        raise MalformedRow(f"there is no statement: {statement!r:.60}")
    in_source = name or digest_of(statement, bits=48)
    fields = {
        "statement": statement.strip(),
        "tests": [dict(test) for test in tests],
        "solutions": [dict(one) for one in solutions if one.get("code", "").strip()],
        "name": in_source,
    }
    known = {key: value for key, value in more.items() if value not in (None, "", [], {})}
    return Candidate(candidate_id=f"{source}-{in_source}", source=source, fields={**fields, **known})


def stdin_tests(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[dict[str, Any]]:
    """Tests of texts in and out.

    Raises:
        MalformedRow: If there are not as many outputs as inputs.
    """
    if len(inputs) != len(outputs):
        raise MalformedRow(f"{len(inputs)} inputs and {len(outputs)} outputs")
    return [{"type": STDIN, "input": one, "output": two} for one, two in zip(inputs, outputs, strict=True)]


def call_tests(name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> list[dict[str, Any]]:
    """Tests of a function's arguments and results.

    Raises:
        MalformedRow: If there are not as many outputs as inputs.
    """
    if len(inputs) != len(outputs):
        raise MalformedRow(f"{len(inputs)} inputs and {len(outputs)} outputs")
    return [
        {"type": CALL, "fn_name": name, "input": one, "output": two}
        for one, two in zip(inputs, outputs, strict=True)
    ]


def parsed(value: object, column: str) -> Any:
    """A column that holds JSON, or already what it says.

    Raises:
        MalformedRow: If it is no JSON.
    """
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise MalformedRow(f"{column} is no JSON: {error}") from None
