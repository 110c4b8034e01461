r"""The table of hand-written cases: what is right earns 1, what is wrong earns 0, the rest is left to a judge.

Each line of `cases.jsonl` is one gold of our own making with answers that are right, wrong, and a matter of
language or context:

    {"kind": "degree", "gold": "135^\\circ", "right": ["135", ...], "wrong": ["45", ...], "judge": []}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from genesys.rewards.mathematics.verifier import MathVerifier
from genesys.schema import Problem, Verdict

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("cases.jsonl").read_text("utf-8").splitlines()
]
VERIFIER = MathVerifier()


def problem_of(gold: str) -> Problem:
    return Problem(
        problem_id="case",
        source="table",
        task_type="verifiable_math",
        prompt="",
        verification_info={"ground_truth": gold},
    )


def verdict(gold: str, answer: str) -> Verdict:
    """The verdict, which is the quick one wherever there is a quick one."""
    problem, text = problem_of(gold), f"The answer is \\boxed{{{answer}}}."
    slow, quick = VERIFIER.verify(problem, text), VERIFIER.quick(problem, text)
    assert quick is None or quick == slow, f"quick says {quick}"
    return slow


def _pairs(column: str) -> list[object]:
    return [
        pytest.param(case["gold"], answer, id=f"{case['kind']}: {case['gold'][:30]} | {answer[:30]}")
        for case in CASES
        for answer in case.get(column, ())
    ]


@pytest.mark.parametrize(("gold", "answer"), _pairs("right"))
def test_right(gold: str, answer: str) -> None:
    assert verdict(gold, answer).score == 1.0


@pytest.mark.parametrize(("gold", "answer"), _pairs("wrong"))
def test_wrong(gold: str, answer: str) -> None:
    assert verdict(gold, answer).score == 0.0


@pytest.mark.parametrize(("gold", "answer"), _pairs("judge"))
def test_left_to_a_judge(gold: str, answer: str) -> None:
    assert verdict(gold, answer).cause == "needs_judge"


@pytest.mark.parametrize("gold", sorted({case["gold"] for case in CASES}))
def test_a_gold_is_usable_and_earns_1(gold: str) -> None:
    assert VERIFIER.check_gold(problem_of(gold)) is None
    assert verdict(gold, gold).score == 1.0


@pytest.mark.parametrize(
    "answer",
    [
        "(" * 300 + "12" + ")" * 300,
        "1" * 20_000,
        "+".join(["1"] * 3_000),
        "2^" * 400 + "2",
        r"\frac1" * 900 + "2",
    ],
    ids=lambda answer: answer[:10],
)
def test_long_and_nested_answers_are_wrong(answer: str) -> None:
    assert verdict("12", answer).score == 0.0
