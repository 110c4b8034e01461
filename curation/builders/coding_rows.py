"""Rows of published programming problems, each form known by its columns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from genesys.curation.builders.candidate import Candidate
from genesys.curation.builders.coding_problem import (
    CALL,
    call_tests,
    coding_candidate,
    language_of,
    parsed,
    stdin_tests,
)
from genesys.errors import MalformedRow

Row = Mapping[str, Any]


def candidate_of_row(row: Row, source: str) -> Candidate:
    """The candidate of a row of any known form.

    Raises:
        MalformedRow: If no form fits, or the row lacks something; the text names it.
    """
    for columns, read in _FORMS:
        if all(column in row for column in columns):
            try:
                return read(row, source)
            except (KeyError, TypeError, ValueError, AttributeError, RecursionError, MemoryError) as error:
                raise MalformedRow(f"the row does not fit its form: {error!r:.120}") from None
    raise MalformedRow(
        f"no known form of a programming problem has the columns {', '.join(sorted(row))[:120]}"
    )


def _apps(row: Row, source: str) -> Candidate:
    """APPS (Hendrycks et al., 2021) and TACO (Li et al., 2023)."""
    tests = parsed(row["input_output"], "input_output") or {}
    solutions = parsed(row.get("solutions"), "solutions") or []
    return coding_candidate(
        str(row.get("source") or source),
        str(row.get("problem_id") or row.get("id") or row.get("name") or ""),
        row["question"],
        apps_tests(tests),
        [{"language": "python", "code": code} for code in solutions],
        starter=row.get("starter_code"),
        difficulty=row.get("difficulty"),
        url=row.get("url"),
        time_limit=row.get("time_limit"),
        memory_limit=row.get("memory_limit"),
    )


def apps_tests(tests: Mapping[str, Any]) -> list[dict[str, Any]]:
    """APPS' `{"inputs": [...], "outputs": [...], "fn_name": ...}`."""
    inputs, outputs = tests.get("inputs") or [], tests.get("outputs") or []
    name = tests.get("fn_name")
    if not name:
        return stdin_tests(inputs, outputs)
    return call_tests(str(name), inputs, outputs)


def _codecontests(row: Row, source: str) -> Candidate:
    """CodeContests (Li et al., AlphaCode, 2022)."""
    tests: list[dict[str, Any]] = []
    for kind in ("public_tests", "private_tests", "generated_tests"):
        pairs = row.get(kind) or {}
        tests += stdin_tests(pairs.get("input") or [], pairs.get("output") or [])
    return coding_candidate(
        "codecontests",
        str(row["name"]),
        row["description"],
        tests,
        _listed(row.get("solutions")),
        wrong=_listed(row.get("incorrect_solutions"))[:8],
        difficulty=row.get("difficulty"),
        time_limit=_seconds(row.get("time_limit")),
        memory_limit=row.get("memory_limit_bytes"),
        files=bool(row.get("input_file") or row.get("output_file")),
    )


def _listed(solutions: object) -> list[dict[str, str]]:
    """CodeContests' parallel lists of languages and programs; languages that are not ours are left out."""
    if not isinstance(solutions, Mapping):
        return []
    pairs = zip(solutions.get("language") or [], solutions.get("solution") or [], strict=True)
    known = ((language_of(name), code) for name, code in pairs)
    return [{"language": language, "code": code} for language, code in known if language]


def _seconds(value: object) -> float | None:
    if isinstance(value, Mapping):
        return float(value.get("seconds") or 0) + float(value.get("nanos") or 0) / 1e9
    return float(value) if isinstance(value, int | float) else None


def _codeforces(row: Row, source: str) -> Candidate:
    """open-r1/codeforces: statement in parts, official tests, and a checker where many outputs are right."""
    parts = [row["description"]]
    for title, column in (("Input", "input_format"), ("Output", "output_format"), ("Note", "note")):
        parts += [f"{title}\n\n{row[column]}"] if row.get(column) else []
    pairs = row.get("official_tests") or row.get("examples") or []
    tests = stdin_tests([one["input"] for one in pairs], [one["output"] for one in pairs])
    return coding_candidate(
        "codeforces",
        str(row.get("id") or row.get("title") or ""),
        "\n\n".join(parts),
        tests,
        checker=row.get("generated_checker"),
        interactive=bool(row.get("interaction_format")),
        files=row.get("input_mode") == "file",
        difficulty=row.get("rating"),
        time_limit=_seconds(row.get("time_limit")),
        memory_limit=row.get("memory_limit"),
    )


def _plain_tests(row: Row, source: str) -> Candidate:
    """`problem` with `tests` of inputs and outputs, as rLLM keeps CodeContests."""
    tests = parsed(row["tests"], "tests") or {}
    pairs = tests if isinstance(tests, Mapping) else _columns(tests)
    return coding_candidate(source, "", row["problem"], apps_tests(pairs), _solutions(row))


def _columns(tests: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {"inputs": [one["input"] for one in tests], "outputs": [one["output"] for one in tests]}


def _solutions(row: Row) -> list[dict[str, str]]:
    found = parsed(row.get("solutions"), "solutions") or []
    return [{"language": "python", "code": str(code)} for code in found]


def _sandbox_fusion(row: Row, source: str) -> Candidate:
    """SandboxFusion's samples of CodeContests: `content`, and `test` of stdin and stdout."""
    tests = parsed(row["test"], "test") or []
    labels = parsed(row.get("labels"), "labels") or {}
    inputs = [one["input"]["stdin"] for one in tests]
    return coding_candidate(
        source,
        str(labels.get("name") or row.get("id") or ""),
        row["content"],
        stdin_tests(inputs, [one["output"]["stdout"] for one in tests]),
        difficulty=labels.get("difficulty"),
    )


def _mbpp(row: Row, source: str) -> Candidate:
    """MBPP (Austin et al., 2021): calls compared with literals become tests; others stay assertions."""
    asserts = [*row["test_list"], *(row.get("challenge_test_list") or [])]
    setup = str(row.get("test_setup_code") or "")
    calls = [None if setup.strip() else _call_test(line) for line in asserts]
    if asserts and all(calls):
        tests = [call for call in calls if call]
    else:
        code = "\n".join([setup, *asserts]).strip()
        tests = [{"type": "harness", "code": code}] if asserts else []
    shown = "\n".join(row["test_list"])
    statement = f"{row.get('text') or row.get('prompt')}\n\nYour code should satisfy these tests:\n{shown}"
    return coding_candidate(
        "mbpp", str(row["task_id"]), statement, tests, [{"language": "python", "code": row["code"]}]
    )


def _call_test(line: str) -> dict[str, Any] | None:
    """`assert f(arguments) == result` with literals, as a test; None for anything else."""
    try:
        (node,) = ast.parse(line.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    test = node.test if isinstance(node, ast.Assert) else None
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return None
    call = test.left
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.keywords:
        return None
    try:
        arguments = [ast.literal_eval(one) for one in call.args]
        result = ast.literal_eval(test.comparators[0])
    except (ValueError, TypeError, SyntaxError):
        return None
    if not all(map(_survives_json, arguments)) or not _survives_json(_listed_tuples(result)):
        return None
    return {"type": CALL, "fn_name": call.func.id, "input": arguments, "output": result}


def _survives_json(value: object) -> bool:
    """Whether a value comes back from canonical JSON as it is: no tuple, no set, no unsorted dictionary."""
    if isinstance(value, list):
        return all(map(_survives_json, value))
    if isinstance(value, dict):
        names = list(value)
        texts = all(isinstance(name, str) for name in names)
        return texts and names == sorted(names) and all(map(_survives_json, value.values()))
    return value is None or isinstance(value, str | bool | int | float)


def _listed_tuples(value: object) -> object:
    """A result with lists for tuples: results are compared without regard to which of the two they are."""
    if isinstance(value, list | tuple):
        return [_listed_tuples(one) for one in value]
    return value


def _common(row: Row, source: str) -> Candidate:
    """Our own common schema, such as SYNTHETIC-1's verifiable-coding-problems."""
    info, metadata = (
        parsed(row["verification_info"], "verification_info"),
        parsed(row.get("metadata"), "metadata"),
    )
    language = str(info.get("language") or "python")
    gold = row.get("gold_standard_solution")
    solutions = (
        [{"language": language_of(language) or language, "code": _unfenced(str(gold))}] if gold else []
    )
    return coding_candidate(
        str(row.get("source") or source),
        str(row.get("in_source_id") or row.get("problem_id") or ""),
        row["prompt"],
        info.get("test_cases") or [],
        solutions,
        checker=info.get("checker"),
        time_limit=info.get("time_limit"),
        memory_limit=info.get("memory_limit"),
        difficulty=(metadata or {}).get("difficulty"),
        url=(metadata or {}).get("problem_url"),
        interactive=(metadata or {}).get("interactive"),
    )


def _unfenced(text: str) -> str:
    lines = text.strip().splitlines()
    return "\n".join(lines[1:-1]) if lines and lines[0].startswith("```") else text


_FORMS: tuple[tuple[tuple[str, ...], Callable[[Row, str], Candidate]], ...] = (
    (("verification_info", "prompt"), _common),
    (("question", "input_output"), _apps),
    (("description", "public_tests"), _codecontests),
    (("description", "official_tests"), _codeforces),
    (("task_id", "test_list", "code"), _mbpp),
    (("problem", "tests"), _plain_tests),
    (("content", "test"), _sandbox_fusion),
)
"""The columns by which a form is known; the first that fits."""
