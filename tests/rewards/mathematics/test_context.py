"""What the problem and the options decide: percent, restatements, choices, formats, tolerances, golds."""

from __future__ import annotations

from typing import Any

import pytest

from genesys.rewards.mathematics.verifier import MathVerifier
from genesys.schema import Problem, Verdict


def problem_of(gold: object, prompt: str = "", **metadata: Any) -> Problem:
    return Problem(
        problem_id="case",
        source="context",
        task_type="verifiable_math",
        prompt=prompt,
        verification_info={} if gold is None else {"ground_truth": gold},
        metadata=metadata,
    )


def verdict(
    gold: str, answer: str, prompt: str = "", *, params: dict[str, Any] | None = None, **metadata: Any
) -> Verdict:
    return MathVerifier(**(params or {})).verify(problem_of(gold, prompt, **metadata), f"\\boxed{{{answer}}}")


def test_percent_counts_where_the_problem_asks_for_it() -> None:
    assert verdict("35", r"35\%", "What percent of the pupils swim?").score == 1.0
    assert verdict("35", r"35\%", "How many pupils swim?").cause == "needs_judge"
    assert verdict(r"35\%", "35", params={"percent_as_number": False}).score == 0.0


@pytest.mark.parametrize(
    ("gold", "answer", "prompt", "score"),
    [
        ("360", r"12 \cdot 30", r"Compute $12 \cdot 30$.", 0.0),
        ("360", "360", r"Compute $12 \cdot 30$.", 1.0),
        ("6", r"\frac{30}{5}", r"Simplify $\frac{30}{5}$.", 0.0),
        (r"2\sqrt{2}", r"\sqrt{8}", r"Simplify $\sqrt{8}$.", 0.0),
        ("x^2+3x+2", "(x+1)(x+2)", "Expand $(x+1)(x+2)$.", 0.0),
        (r"\frac{1}{3}", r"\frac{1}{3}", r"Which is larger, $\frac{1}{3}$ or $\frac{1}{4}$?", 1.0),
        ("5", "5", "Is 5 the answer?", 1.0),
        ("2x+1", "1+2x", "Is $f(x)$ equal to $2x+1$ or $3x$?", 1.0),
        ("12", r"3 \cdot 4", "How many legs have three dogs?", 1.0),
    ],
)
def test_the_problems_own_expression_earns_nothing(gold: str, answer: str, prompt: str, score: float) -> None:
    assert verdict(gold, answer, prompt).score == score


PROMPT = "Which number is prime? (A) 4 (B) 51 (C) 7 (D) 9"


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("C", 1.0),
        ("c", 1.0),
        ("(C) 7", 1.0),
        ("7", 1.0),
        ("B", 0.0),
        ("51", 0.0),
        ("9", 0.0),
        ("8", 0.0),
        ("C, D", 0.0),
    ],
)
def test_an_option_by_letter_or_by_what_it_says(answer: str, score: float) -> None:
    assert verdict("C", answer, PROMPT).score == score


def test_options_from_metadata() -> None:
    options = ["(A)$4^{x}$", "(B)$2x$"]
    assert verdict("A", "4^x", "Which?", options=options).score == 1.0
    assert verdict("A", "2x", "Which?", options=options).score == 0.0


def test_points_and_intervals_by_the_words_of_the_problem() -> None:
    assert verdict("(0,1)", "0,1", "Find the ordered pair.").score == 1.0
    assert verdict("(0,1)", "0,1", "Find the range.").cause == "needs_judge"


def test_tolerance_is_for_measured_golds_only_by_option() -> None:
    assert verdict("9.81", "9.8").score == 0.0
    assert verdict("9.81", "9.8", params={"tolerance": 0.01}).score == 1.0
    assert verdict("9.81", "9.6", params={"tolerance": 0.01}).score == 0.0
    assert verdict("3.14", r"\pi", params={"tolerance": 0.01}).score == 1.0


def test_order_and_units_by_option() -> None:
    assert verdict("1,2", "2,1").score == 1.0
    assert verdict("1,2", "2,1", params={"list_order": "strict"}).score == 0.0
    assert verdict(r"5\text{ cm}", "5").score == 1.0
    assert verdict(r"5\text{ cm}", "5", params={"strict_units": True}).score == 0.0


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("The answer is 12.", 1.0),
        ("12", 1.0),
        ("So we get $x = 12$.", 1.0),
        ("Adding up gives 7 + 5 = 12 apples.", 1.0),
        ("First 13.\nA: 12", 1.0),
        ("#### 12", 1.0),
        ("<answer>12</answer>", 1.0),
        (r"It is \boxed{12}.", 1.0),
        ("**Final Answer**: $12$. I hope it is correct.", 1.0),
        ("The final answer is 12.<|im_end|>\nuser: 13", 1.0),
        ("The answer is 13, not 12, so 13.", 0.0),
        (r"\boxed{13} from 12", 0.0),
        ("I do not know.", 0.0),
        ("", 0.0),
    ],
)
def test_other_peoples_text(text: str, score: float) -> None:
    assert MathVerifier(answer_format="bare").verify(problem_of("12"), text).score == score


def test_unboxed_text_has_no_answer_by_default() -> None:
    assert MathVerifier().verify(problem_of("12"), "The answer is 12.").cause == "no_answer"
    assert MathVerifier().verify(problem_of("12", answer_format="telepathy"), "12").cause == "unsupported"


@pytest.mark.parametrize(
    "gold",
    [None, "", "   ", "...", r"\frac{1}{", r"\frac{2}{}", "3x^2-", "^{6}", "x" * 30_000, {"a": 1}, [1]],
)
def test_golds_that_no_answer_can_meet(gold: object) -> None:
    problem = problem_of(gold)
    assert MathVerifier().check_gold(problem) is not None
    found = MathVerifier().verify(problem, r"\boxed{1}")
    assert (found.score, found.cause) == (None, "bad_gold")


@pytest.mark.parametrize("gold", [12, 0.5, "True", "t(0,4]", "9^{9^{9^9}}", "Infinitely many"])
def test_golds_that_an_answer_can_meet(gold: object) -> None:
    assert MathVerifier().check_gold(problem_of(gold)) is None
    assert MathVerifier().verify(problem_of(gold), f"\\boxed{{{gold}}}").score == 1.0


def test_a_gold_inside_a_solution_is_found() -> None:
    gold = "Since 3 and 4 are coprime, the answer is \\boxed{12}."
    assert verdict(gold, "12").score == 1.0


def test_whose_fault_complexity_is() -> None:
    assert verdict("5", "9^{9^{9^{9}}}").cause == "answer_too_complex"
    assert verdict("9^{9^{9^{9}}}+1", "9^{9^{9^{9}}}+2").cause == "needs_judge"


def test_info_is_small_and_names_the_tier() -> None:
    found = verdict("5", "4" + "+0" * 100)
    assert set(found.info) == {"answer", "tier"} and len(found.info["answer"]) == 200
    assert verdict("5", "5").info["tier"] == "text"
    assert verdict("1/2", r"\sin\frac{\pi}{6}").info["tier"] == "numeric"
