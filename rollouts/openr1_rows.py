r"""Rows of OpenR1-Math-220k: one problem with two to four generations.

    {"problem": "...", "solution": "...", "answer": "42", "problem_type": "Algebra",
     "question_type": "math-word-problem", "source": "olympiads", "uuid": "6b1...",
     "generations": ["<think>…</think> \\boxed{42}", …], "finish_reasons": null,
     "correctness_math_verify": [true, …], "correctness_llama": null, "correctness_count": 1, …}

The uuid is "NaN" in some rows and not unique in others: a problem's id follows from its content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from genesys.errors import MalformedRow
from genesys.rollouts.importing import Response, derived_id, finish_reason_of
from genesys.schema import Problem, canonical_text, digest_of

PUBLISHED_KEYS = {
    "correctness_math_verify": "math-verify@published",
    "correctness_llama": "judge@published",
}
"""Column of others' scores -> the key under which a run keeps them."""

_KEPT = ("solution", "problem_type", "question_type", "uuid")


def is_openr1(row: Mapping[str, Any]) -> bool:
    """Whether a row has this form."""
    return "generations" in row and "problem" in row


def openr1_responses(row: Mapping[str, Any]) -> Iterator[Response]:
    """The responses of one row, in their order.

    Raises:
        MalformedRow: If a column is missing, or lists are not as long as `generations`.
    """
    problem = _problem(row)
    generations = row["generations"]
    if not isinstance(generations, list) or not all(isinstance(text, str) for text in generations):
        raise MalformedRow(f"generations must be a list of texts, not {str(generations)[:80]!r}")
    reasons = _aligned(row, "finish_reasons", len(generations))
    scores = {key: _aligned(row, column, len(generations)) for column, key in PUBLISHED_KEYS.items()}
    for place, generation in enumerate(generations):
        text = canonical_text(generation)
        yield Response(
            problem=problem,
            response_id=derived_id(problem, text),
            text=text,
            model="deepseek-r1",
            published={
                key: float(values[place]) for key, values in scores.items() if values[place] is not None
            },
            finish_reason=finish_reason_of(reasons[place]),
        )


def _problem(row: Mapping[str, Any]) -> Problem:
    for column in ("problem", "answer"):
        if not isinstance(row.get(column), str):
            raise MalformedRow(f"{column} must be text, not {row.get(column)!r}")
    source = str(row.get("source") or "unknown")
    return Problem.from_row(
        {
            "problem_id": f"openr1-{digest_of(source, row['problem'], row['answer'], bits=64)}",
            "source": source,
            "task_type": "verifiable_math",
            "prompt": row["problem"],
            "gold_standard_solution": row.get("solution"),
            "verification_info": {"ground_truth": row["answer"]},
            "metadata": {name: row[name] for name in _KEPT if row.get(name) is not None},
        }
    )


def _aligned(row: Mapping[str, Any], column: str, length: int) -> list[Any]:
    values = row.get(column)
    if values is None:
        return [None] * length
    if not isinstance(values, list) or len(values) != length:
        raise MalformedRow(f"{column} must have one entry for each of {length} generations, not {values!r}")
    return values
