r"""Answers made from a problem's gold: what a right model would say, and what a nearly right one would.

A reward is audited with them before it is trusted: the gold must earn 1, nothing and a near miss less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from genesys.rewards.answers import answer_format
from genesys.schema import Problem

WRITERS: dict[str, Callable[[str], str]] = {
    "boxed": lambda answer: f"\\boxed{{{answer}}}",
    "json_output": lambda answer: json.dumps({"output": answer}, ensure_ascii=False),
    "answer_tag": lambda answer: f"<answer>{answer}</answer>",
    "fenced_code": lambda answer: f"```\n{answer}\n```",
    "bare": lambda answer: answer,
}
"""How an answer is written in each `answer_format`; the inverse of `genesys.rewards.answers.READERS`."""

_DEFAULT_FORMAT = {"verifiable_math": "boxed", "code_output_prediction": "json_output"}
_LAST_NUMBER = re.compile(r"\d+(?!.*\d)", re.DOTALL)


def short_gold(problem: Problem) -> str | None:
    """The problem's short gold as text, or None where it has none; some datasets store numbers."""
    truth = problem.verification_info.get("ground_truth")
    if isinstance(truth, bool) or not isinstance(truth, str | int | float):
        return None
    return str(truth)


def gold_answer(problem: Problem, form: str | None = None) -> str | None:
    """The gold as a completion would give it, or None where the problem has none.

    Args:
        problem: The problem. A code problem's gold is its solution.
        form: The `answer_format` to write it in; by default the problem's, else the task type's.
    """
    truth = short_gold(problem)
    return problem.gold_standard_solution if truth is None else write_answer(problem, truth, form)


def near_miss(problem: Problem, form: str | None = None) -> str | None:
    """An answer that looks like the gold and is not, or None where none can be made from it.

    A known wrong solution (`metadata.incorrect_solution`) where the problem has one; else the gold with
    its last number increased by one, or a letter more where it has no number.
    """
    wrong = problem.metadata.get("incorrect_solution")
    if isinstance(wrong, str):
        return wrong
    truth = short_gold(problem)
    return None if truth is None else write_answer(problem, _changed(truth), form)


def write_answer(problem: Problem, answer: str, form: str | None = None) -> str:
    """An answer in a format; by default the one its problem asks for."""
    default = _DEFAULT_FORMAT.get(problem.task_type, "bare")
    return WRITERS.get(answer_format(problem, form, default), WRITERS[default])(answer)


def _changed(gold: str) -> str:
    number = _LAST_NUMBER.search(gold)
    if number is None or len(number.group()) > 4000:  # int() refuses longer ones
        return gold + "q"
    return gold[: number.start()] + str(int(number.group()) + 1) + gold[number.end() :]
