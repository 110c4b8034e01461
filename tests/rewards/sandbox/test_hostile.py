"""Programs that a verifier must survive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from canaries import ANSWER, planted
from code_problems_for_tests import code_problem, fenced, stdin_cases
from submissions import HOSTILE, mixture, square_problem

from genesys.rewards.coding.verifier import CodeVerifier
from genesys.rewards.sandbox.levels import SAFE
from genesys.rewards.sandbox.pool import Pool, verify_in_pool, verify_many
from genesys.rewards.sandbox.unavailable import SandboxUnavailable


@pytest.fixture(scope="module", params=SAFE)
def pool(request: pytest.FixtureRequest) -> Any:
    made = Pool(request.param)
    try:
        with made.session():
            pass
    except SandboxUnavailable as refusal:
        pytest.skip(refusal.fault)
    yield made
    made.close()


def test_no_hostile_program_succeeds(pool: Pool, shared: Path) -> None:
    file = shared / "sandbox" / "hostile_programs.jsonl"
    if not file.exists():
        pytest.skip("needs the hostile programs beside the checkout")
    with planted() as canaries:
        for line in file.read_text().splitlines():
            row = json.loads(line)
            stdin = "x" * (8 << 20) if row["name"] == "stdin_unread_big" else row["stdin"]
            cases = stdin_cases((stdin, ANSWER)) * (2 if row["name"] == "shm_persist" else 1)
            problem = code_problem(row["language"], cases, time_limit=1)
            text = fenced(row["language"], canaries.fill(row["source"]))
            verdict = verify_in_pool(pool, CodeVerifier(), problem, text)
            if verdict.cause == "toolchain_missing":
                continue
            got = verdict.info.get("failure", {}).get("got", "")
            assert verdict.score == 0.0, (row["name"], verdict)
            assert not any(word in got for word in ("PWN", ANSWER, canaries.user)), (row["name"], verdict)
            assert canaries.damage() == [], row["name"]


@pytest.mark.parametrize(("language", "program"), HOSTILE[::4])
def test_the_next_program_is_judged_as_ever(pool: Pool, language: str, program: str) -> None:
    verify_in_pool(pool, CodeVerifier(), square_problem(language), fenced(language, program))
    after = verify_in_pool(
        pool, CodeVerifier(), square_problem("python"), fenced("python", "print(int(input()) ** 2)")
    )
    assert after.score == 1.0, after


@pytest.mark.slow
def test_good_verdicts_do_not_move_among_hostile_ones() -> None:
    problems, texts, scores = mixture(50)
    pool = Pool()
    try:
        verdicts = verify_many(pool, CodeVerifier(), problems, texts, workers=2)
    finally:
        pool.close()
    wrong = [
        (text, verdict)
        for text, verdict, score in zip(texts, verdicts, scores, strict=True)
        if verdict.score != score
    ]
    assert wrong == []
