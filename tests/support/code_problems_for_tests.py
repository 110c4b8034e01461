"""Short ways to make code problems and completions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from genesys.schema import Problem


def code_problem(language: str, cases: Sequence[dict[str, Any]], **info: Any) -> Problem:
    """A problem with these tests."""
    return Problem(
        problem_id=f"test-{language}",
        source="tests",
        task_type="verifiable_code",
        prompt="Solve it.",
        verification_info={"language": language, "test_cases": list(cases), **info},
    )


def stdin_cases(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    """Tests on stdin and stdout."""
    return [{"type": "stdin_stdout", "input": given, "output": wanted} for given, wanted in pairs]


def call_cases(name: str, *pairs: tuple[list[Any], Any]) -> list[dict[str, Any]]:
    """Tests that call a function."""
    return [
        {"type": "function_call", "fn_name": name, "input": given, "output": wanted}
        for given, wanted in pairs
    ]


def fenced(language: str, program: str) -> str:
    """A completion that answers with a program."""
    return f"<think>Let me see.</think>Here it is:\n```{language}\n{program}\n```\n"
