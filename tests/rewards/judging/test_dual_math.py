"""The symbolic verifier first, the judge where that is uncertain, and both in the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from chat_server import ChatServer
from judge_oracle import oracle
from judge_stub import Start, judging, shown_to

from genesys.envs.sources.rows import read_rows
from genesys.rewards import Grader, VerifierSpec, verifier_spec
from genesys.rewards.judging import judge_ledger
from genesys.rewards.math_audit import read_cases
from genesys.schema import Problem
from genesys.testing import check_verifier


def problem(gold: str) -> Problem:
    return Problem(
        problem_id=gold,
        source="tests",
        task_type="verifiable_math",
        prompt=f"What is asked of {gold!r}?",
        verification_info={"ground_truth": gold},
    )


UNCERTAIN = problem("undefined"), "\\boxed{\\text{does not exist}}"


@pytest.mark.parametrize(
    ("word", "score", "cause"),
    [("EQUIVALENT", 1.0, None), ("DIFFERENT", 0.0, "wrong_answer"), ("AMBIGUOUS", None, "judge_ambiguous")],
)
def test_the_judge_decides_what_is_uncertain(
    judge: Start, grader: Grader, word: str, score: float | None, cause: str | None
) -> None:
    server = judge(judging(lambda shown: word))
    verdict = grader.verify(*UNCERTAIN, verifier=verifier_spec("dual-math"))
    assert (verdict.score, verdict.cause) == (score, cause)
    assert verdict.info["decided_by"] == "judge"
    assert verdict.info["math"]["cause"] == "needs_judge"
    assert verdict.info["judge"]["info"]["word"] == word
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("gold", "text", "cause"),
    [
        ("42", "\\boxed{42}", None),
        ("42", "\\boxed{41}", "wrong_answer"),
        ("x^2-1", "\\boxed{(x-1)(x+1)}", None),  # needs a worker
        ("42", "no box", "no_answer"),
        ("42", "<think>\\boxed{42}", "truncated"),
        ("", "\\boxed{42}", "bad_gold"),
    ],
)
def test_what_is_certain_is_not_asked(
    judge: Start, grader: Grader, gold: str, text: str, cause: str | None
) -> None:
    server = judge(judging(lambda shown: "EQUIVALENT"))
    verdict = grader.verify(problem(gold), text, verifier=verifier_spec("dual-math"))
    alone = grader.verify(problem(gold), text, verifier=verifier_spec("math"))
    assert (verdict.score, verdict.cause) == (alone.score, alone.cause) == (alone.score, cause)
    assert verdict.info["math"]["info"] == alone.info
    assert not server.asked


def test_it_keeps_the_contract_of_verifiers(judge: Start) -> None:
    judge(judging(lambda shown: "DIFFERENT"))
    verifier = verifier_spec("dual-math").build()
    check_verifier(verifier, problem("42"), right=["\\boxed{42}"], wrong=["\\boxed{41}", "42"])


def test_without_a_judge_certain_verdicts_stand(grader: Grader) -> None:
    spec = verifier_spec("dual-math")
    assert grader.verify(problem("42"), "\\boxed{42}", verifier=spec).score == 1.0
    assert grader.verify(*UNCERTAIN, verifier=spec).cause == "judge_unconfigured"


def test_a_share_of_the_certain_is_checked_and_nothing_is_overruled(judge: Start, grader: Grader) -> None:
    server = judge(judging(lambda shown: "DIFFERENT"), settings="[verifier]\ncheck_share = 0.25")
    spec = verifier_spec("dual-math")
    before = judge_ledger().snapshot()
    problems = [problem(str(number)) for number in range(200)]
    texts = [f"\\boxed{{{number if number % 2 else number + 1}}}" for number in range(200)]
    verdicts = grader.verify_batch(problems, texts, verifier=spec)
    assert [verdict.score for verdict in verdicts] == [float(number % 2) for number in range(200)]
    checked = [verdict for verdict in verdicts if "agrees" in verdict.info]
    assert 25 <= len(checked) == len(server.asked) <= 75
    assert all(verdict.info["agrees"] == (verdict.score == 0) for verdict in checked)
    counted = judge_ledger().snapshot()
    assert counted["checked"] - before["checked"] == len(checked)
    assert counted["agreed"] - before["agreed"] == sum(verdict.info["agrees"] for verdict in checked)
    again = grader.verify_batch(problems, texts, verifier=spec)
    assert [one.content() for one in again] == [one.content() for one in verdicts]


def test_a_check_that_fails_takes_no_score_away(judge: Start, grader: Grader) -> None:
    judge(settings="attempts = 1\npatience = 0\n[verifier]\ncheck_share = 1.0").stop()
    verdict = grader.verify(problem("42"), "\\boxed{42}", verifier=verifier_spec("dual-math"))
    assert verdict.score == 1.0
    assert "agrees" not in verdict.info


def test_labelled_cases_with_an_oracle_leave_no_error(judge: Start, grader: Grader, shared: Path) -> None:
    path = shared / "data" / "math" / "cases.jsonl"
    cases = [
        case
        for case in read_cases(read_rows(path), forms=frozenset(("boxed", "extraction")))
        if not case.policy
    ]
    server: ChatServer = judge(oracle(cases))
    spec: VerifierSpec = verifier_spec("dual-math")
    verdicts = grader.verify_batch(
        [case.problem for case in cases], [case.response for case in cases], verifier=spec
    )
    wrong = [
        case.case_id
        for case, verdict in zip(cases, verdicts, strict=True)
        if verdict.score is not None and (verdict.score == 1.0) != case.is_correct
    ]
    sent = sum(verdict.info["decided_by"] == "judge" for verdict in verdicts)
    assert len(wrong) <= 0.003 * len(cases), wrong
    assert all(verdict.scorable or verdict.cause == "bad_gold" for verdict in verdicts)
    assert 0 < sent < 0.04 * len(cases)
    assert all(shown_to(asked).words for asked in server.asked)
