"""The table of hand-written cases: what is right earns 1, what is wrong earns 0, the rest no 1."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from genesys.rewards.mathematics.verifier import MathVerifier
from genesys.schema import Problem, Verdict


def _table() -> ModuleType:
    """The table lies beside this file, which the import mode of the suite does not put on the path."""
    path = Path(__file__).with_name("table.py")
    spec = importlib.util.spec_from_file_location("mathematics_table", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CASES = _table().CASES
VERIFIER = MathVerifier()


def verdict(gold: str, answer: str, prompt: str = "") -> Verdict:
    problem = Problem(
        problem_id="case",
        source="table",
        task_type="verifiable_math",
        prompt=prompt,
        verification_info={"ground_truth": gold},
    )
    text = f"The answer is \\boxed{{{answer}}}."
    slow = VERIFIER.verify(problem, text)
    quick = VERIFIER.quick(problem, text)
    assert quick is None or quick == slow, f"quick says {quick}"
    return slow


def _pairs(field: str) -> list[object]:
    return [
        pytest.param(case.gold, answer, id=f"{case.kind}: {case.gold[:30]} | {answer[:30]}")
        for case in CASES
        for answer in getattr(case, field)
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.gold[:40]}")
def test_gold_is_usable_and_earns_1(case: object) -> None:
    gold = str(getattr(case, "gold"))  # noqa: B009 - the table's type is loaded at run time
    problem = Problem(
        problem_id="gold",
        source="table",
        task_type="verifiable_math",
        prompt="",
        verification_info={"ground_truth": gold},
    )
    assert VERIFIER.check_gold(problem) is None
    assert verdict(gold, gold).score == 1.0


def test_the_table_is_large() -> None:
    assert sum(len(case.right) + len(case.wrong) + len(case.judge) for case in CASES) > 1_200
