"""`genesys score`, `collect` and `audit math` with a judge: refused without, resumed after kills, asked once."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer
from command_line import collect, genesys
from judge_stub import Start, judging, question, shown_to
from runs import commit, make_completion, make_identity

from genesys.cli.audit_math import audit_math
from genesys.cli.options import make_grader
from genesys.cli.score import score
from genesys.errors import ConfigurationError
from genesys.rewards import Grader, verifier_spec
from genesys.rewards.judging import VARIABLE
from genesys.rewards.judging.cache import FILE
from genesys.rewards.judging.ledger import start_anew
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling

ROWS = 120


def judged_run(folder: Path, rows: int = ROWS) -> Path:
    """A run whose completions only a judge can score."""
    with RunFolder(folder, make_identity()) as run:
        for number in range(rows):
            problem = question(number=number)
            commit(run, problem, make_completion(problem, text=f"blue light\nanswer {number}"))
    return folder


def responses(path: Path, rows: int) -> Path:
    lines = [
        json.dumps(
            {**question(number=number).to_row(), "response_id": str(number), "llm_response": "blue light"}
        )
        for number in range(rows)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def scores(run: Path) -> dict[str, float | None]:
    (key,) = RunReader(run).verifier_keys()
    rows = RunReader(run).table("scores", ["response_id", "score"], key).to_pylist()
    return {row["response_id"]: row["score"] for row in rows}


def judged_receipts(cache: Path) -> set[str]:
    """The questions whose answers a killed process has left on disk."""
    file = cache / "judge" / FILE
    if not file.exists():
        return set()
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        replies = database.execute("SELECT reply FROM judgements").fetchall()
    return {json.loads(reply)["receipt"] for (reply,) in replies}


def start_scoring(run: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from genesys.cli import main; main()", "score", str(run)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_after(scoring: subprocess.Popen[bytes], server: ChatServer, answers: int) -> None:
    while len(server.asked) < answers and scoring.poll() is None:
        time.sleep(0.005)
    scoring.send_signal(signal.SIGKILL)
    scoring.wait()


def test_a_killed_scoring_goes_on_and_asks_no_judged_row_again(
    judge: Start, tmp_path: Path, place: Path
) -> None:
    server = judge(settings="concurrency = 4", seconds=0.01)
    run = judged_run(tmp_path / "run")
    for answers in (25, 60):
        before = len(server.asked)
        judged = judged_receipts(place)
        kill_after(start_scoring(run), server, answers)
        again = {shown_to(asked).receipt for asked in server.asked[before:]}
        assert not again & judged
    before, judged = len(server.asked), judged_receipts(place)
    assert 40 < len(judged) < ROWS
    done = genesys("score", run, "--json")
    assert done.returncode == 0, done.stderr
    again = {shown_to(asked).receipt for asked in server.asked[before:]}
    assert not again & judged
    assert set(scores(run).values()) == {0.5} and len(scores(run)) == ROWS
    assert len(server.asked) <= ROWS + 2 * 4  # what was in flight when it was killed

    count = len(server.asked)
    done = genesys("score", run, "--json")
    told = json.loads(done.stdout)
    assert (told["verified"], told["before"], told["judge"]) == (0, ROWS, None)
    assert len(server.asked) == count


def told_by(capsys: pytest.CaptureFixture[str], *paths: Path, out: Path | None = None) -> dict[str, Any]:
    """What `genesys score --json` says, in this process."""
    start_anew()
    score(list(paths), out=out, json=True)
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_finished_file_is_scored_again_without_a_call(
    judge: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = judge(settings="price_prompt = 1\nprice_completion = 2")
    file = responses(tmp_path / "in.jsonl", 20)
    first = told_by(capsys, file, out=tmp_path / "out.jsonl")["judge"]
    assert first["calls"] == first["judged"] == len(server.asked) == 20
    assert first["cost"] > 0
    again = told_by(capsys, file, out=tmp_path / "out2.jsonl")["judge"]
    assert (again["cached"], again["calls"], again["cost"]) == (20, 0, None)
    assert len(server.asked) == 20
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "out2.jsonl").read_bytes()
    score([file], out=tmp_path / "out3.jsonl")
    assert re.search(r"answered from the cache\s+│\s+40", capsys.readouterr().err)


def test_an_unreachable_judge_is_asked_by_the_next_call(
    judge: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = judge(settings="attempts = 1\npatience = 0")
    run = judged_run(tmp_path / "run", 5)
    server.stop()
    assert told_by(capsys, run)["causes"] == {"judge_unreachable": 5}
    assert set(scores(run).values()) == {None}
    server.start()
    up = told_by(capsys, run)
    assert (up["verified"], up["judge"]["calls"]) == (5, 5)
    assert set(scores(run).values()) == {0.5}


def test_score_refuses_at_the_start_without_a_judge(tmp_path: Path) -> None:
    done = genesys("score", judged_run(tmp_path / "run", 3))
    assert done.returncode == 2
    assert "none is configured" in done.stderr and "--judge" in done.stderr
    with pytest.raises(ConfigurationError, match="none is configured"):
        score([responses(tmp_path / "in.jsonl", 3)], out=tmp_path / "out.jsonl")


def test_collect_refuses_at_the_start_without_a_judge(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="none is configured"):
        make_grader("dual-math", None)
    problems = responses(tmp_path / "problems.jsonl", 1)
    harvest = Harvest(
        env_id="genesys/math-v0",
        sampler=SamplerSettings(name="recording", model=str(problems), sampling=Sampling()),
    )
    grader = Grader({"verifiable_math": verifier_spec("dual-math")})
    with pytest.raises(ConfigurationError, match="none is configured"):
        asyncio.run(harvest.run(tmp_path / "run", grader))
    assert not (tmp_path / "run").exists()


def test_collect_asks_a_judge_and_says_so(judge: Start, tmp_path: Path) -> None:
    server = judge(judging(lambda shown: "EQUIVALENT"), settings="[verifier]\ncheck_share = 1.0")
    done = collect(tmp_path, "--verifier", "dual-math", "--judge", os.environ[VARIABLE], "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    asked = told["judge"]["questions"]
    assert told["judge"]["checked"] == asked > 0
    assert 0 < told["judge"]["agreed"] < asked
    assert len(server.asked) == told["judge"]["judged"]


def test_the_audit_tells_what_was_sent_and_what_error_is_left(
    judge: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = judge(judging(lambda shown: "EQUIVALENT"))
    cases = [
        {"gold": "42", "response": "\\boxed{42}", "is_correct": True},
        {"gold": "42", "response": "\\boxed{41}", "is_correct": False},
        {"gold": "undefined", "response": "\\boxed{\\text{does not exist}}", "is_correct": True},
        {"gold": "undefined", "response": "\\boxed{\\text{does not exist}}", "is_correct": False},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)))
    audit_math(path, judge=f"{server.url}#test-judge", json=True)
    second = json.loads(capsys.readouterr().out)["second_opinion"]
    assert (second["sent"]["count"], second["cases"]) == (2, 4)
    assert (second["error_left"]["count"], second["error_left"]["of"]) == (1, 4)
    audit_math(path, judge=f"{server.url}#test-judge")
    shown = capsys.readouterr().out
    assert "sent to the judge" in shown and "2 = 50.00 %" in shown
