"""`genesys collect --sampler server`, from the command line to the run folder."""

from __future__ import annotations

import json
from pathlib import Path

from chat_server import Asked, ChatServer, FaultMix
from command_line import genesys

from genesys.rollouts.run_reader import RunReader

SUM = "arithmetic:level=0,seed=0,size=12"


def answer(asked: Asked, index: int) -> str:
    return f"<think>{asked.content}</think>\\boxed{{{asked.body['seed'] + index}}}"


def collect(out: Path, *more: object) -> tuple[int, dict[str, object], str]:
    done = genesys(
        "collect", "--env", "genesys/math-v0", "--problems", SUM, "--sampler", "server", "--model", "auto",
        "--max-tokens", 64, "--out", out, "--json", *more,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def test_a_harvest_through_faults_goes_on_where_it_stopped(tmp_path: Path) -> None:
    mix = FaultMix(5, {"429_retry_after": 0.1, "500": 0.1, "reset": 0.1, "truncated": 0.1})
    with ChatServer(answer, faults=mix) as one, ChatServer(answer) as two:
        servers = ("--endpoint", one.url, "--endpoint", two.url)
        code, first, errors = collect(tmp_path / "run", "--n", 2, *servers)
        assert (code, first["completions"], first["failed"]) == (0, 24, 0), errors
        asked = sum(one.answered.values()) + sum(two.answered.values())
        assert asked == 12  # both samples of a problem in one request
        code, second, errors = collect(tmp_path / "run", "--n", 3, *servers)
        assert (code, second["completions"], second["before"]) == (0, 12, 24), errors
    completions = RunReader(tmp_path / "run").table("completions", ["response_id", "model"])
    assert len(set(completions["response_id"].to_pylist())) == completions.num_rows == 36
    assert set(completions["model"].to_pylist()) == {"test-model"}


def test_endpoints_are_for_the_server_sampler(tmp_path: Path) -> None:
    done = genesys(
        "collect", "--env", "genesys/math-v0", "--model", "m", "--endpoint", "http://a/v1", "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Add --sampler server" in done.stderr


def test_no_server_is_one_clear_error(tmp_path: Path) -> None:
    code, _, errors = collect(tmp_path / "run", "--endpoint", "http://127.0.0.1:9/v1")
    assert code == 1
    assert "genesys doctor --endpoint URL" in errors
    assert "Traceback" not in errors
