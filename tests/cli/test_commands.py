from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import PROBLEMS, collect, genesys
from recordings import write_recording

from genesys.environments import ENVIRONMENTS
from genesys.rollouts.run_reader import RunReader


def test_help_teaches() -> None:
    assert "genesys demo" in genesys("--help").stdout
    helped = genesys("collect", "--help").stdout
    assert "continues" in helped
    assert all(
        flag in helped
        for flag in ("--env", "--problems", "--sampler", "--model", "--n", "--seed", "--out", "--limit")
    )


def test_envs_lists_every_id() -> None:
    listed = json.loads(genesys("envs", "--json").stdout)["environments"]
    assert {row["environment"] for row in listed} == set(ENVIRONMENTS)


def test_doctor_finds_the_grader_at_work() -> None:
    done = genesys("doctor", "--json")
    lines = {line["name"]: line for line in json.loads(done.stdout)["lines"]}
    assert lines["grader"]["ok"] is True, lines["grader"]


def test_a_run_can_be_shown(tmp_path: Path) -> None:
    assert collect(tmp_path).returncode == 0
    shown = genesys("show", tmp_path / "run", "--traces", 1, "--cause", "wrong_answer").stdout
    assert "wrong_answer" in shown
    assert "<think>" in shown
    summary = json.loads(genesys("show", tmp_path / "run", "--json").stdout)
    assert summary["completions"] == 40
    assert summary["scores"]["math@1"]["verified"] == {"arithmetic": 40}


def test_a_run_is_scored_by_another_verifier(tmp_path: Path) -> None:
    assert collect(tmp_path).returncode == 0
    first = genesys("score", tmp_path / "run", "--verifier", "math-verify", "--json")
    assert json.loads(first.stdout)["verified"] == 40
    again = genesys("score", tmp_path / "run", "--verifier", "math-verify", "--json")
    assert json.loads(again.stdout)["verified"] == 0
    assert len(RunReader(tmp_path / "run").verifier_keys()) == 2


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_file_is_scored_in_the_order_of_its_rows(tmp_path: Path, ending: str) -> None:
    row = {"task_type": "verifiable_math", "prompt": "?", "verification_info": "{'ground_truth': '1'}"}
    rows = [
        row | {"problem_id": str(number), "llm_response": f"\\boxed{{{number}}}", "score": float(number == 1)}
        for number in range(3)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / f"scores.{ending}"
    done = genesys("score", tmp_path / "rows.jsonl", "--out", out, "--json")
    assert json.loads(done.stdout)["agreement"] == {"rows": [3, 3]}
    found = (
        pq.read_table(out).to_pylist()
        if ending == "parquet"
        else [json.loads(line) for line in out.read_text().splitlines()]
    )
    assert [(one["problem_id"], one["score"]) for one in found] == [("0", 0.0), ("1", 1.0), ("2", 0.0)]
    assert list(found[0]) == [
        "response_id", "problem_id", "task_type", "score", "cause", "verifier", "verification_result_info",
    ]  # fmt: skip
    assert not list(tmp_path.glob(".*"))


def test_an_interrupted_scoring_is_continued(tmp_path: Path) -> None:
    """A malformed row stops it after the first rows are durable; repaired, the same call goes on."""
    row = {
        "task_type": "verifiable_math",
        "prompt": "?",
        "verification_info": {"ground_truth": "1"},
        "llm_response": "\\boxed{1}",
    }
    lines = [json.dumps(row | {"problem_id": str(number)}) for number in range(6000)]
    path, out = tmp_path / "rows.jsonl", tmp_path / "scores.jsonl"
    path.write_text("\n".join([*lines[:5500], "{torn", *lines[5501:]]))
    assert genesys("score", path, "--out", out).returncode == 1
    assert not out.exists()
    path.write_text("\n".join(lines))
    done = genesys("score", path, "--out", out, "--json")
    assert json.loads(done.stdout)["rows"] == 6000
    assert len(out.read_text().splitlines()) == 6000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_harvest_says_so_and_continues(tmp_path: Path, number: signal.Signals) -> None:
    problems = "arithmetic:level=2,seed=0,size=4000"
    recording = write_recording(tmp_path / "recording.jsonl", problems, 1)
    arguments = [
        "collect", "--env", "genesys/math-v0", "--problems", problems, "--sampler", "recording",
        "--model", str(recording), "--out", str(tmp_path / "run"), "--json",
    ]  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-c", "from genesys.cli import main; main()", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    spool = tmp_path / "run" / "spool.sqlite-wal"
    while not (spool.exists() and spool.stat().st_size > 100_000):
        time.sleep(0.005)
    child.send_signal(number)
    _, err = child.communicate()
    assert child.returncode == 130, err
    assert "same command again" in err
    kept = RunReader(tmp_path / "run").table("completions").num_rows
    assert 0 < kept < 4000
    done = json.loads(genesys(*arguments).stdout)
    assert (done["before"], done["completions"]) == (kept, 4000 - kept)


def test_golds_are_audited(tmp_path: Path) -> None:
    def problem(name: str, gold: str) -> str:
        info = {"ground_truth": gold}
        return json.dumps(
            {"problem_id": name, "task_type": "verifiable_math", "prompt": name, "verification_info": info}
        )

    path = tmp_path / "problems.jsonl"
    path.write_text("\n".join([problem("a", "\\frac{1}{2}"), problem("a", "\\frac{1}{2}"), problem("b", "")]))
    done = genesys("audit", "golds", path, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert (report["problems"], report["passed"]) == (2, 1)
    assert report["findings"] == [{"source": "unknown", "kind": "bad_gold", "problems": 1}]
    assert report["duplicates"] == {str(path): 1}


def test_generated_problems_are_fit_for_use() -> None:
    from genesys.envs.gold_audit import audit_golds
    from genesys.envs.sources import open_problems
    from genesys.rewards import grader

    for spec in (
        "arithmetic:level=2,size=100",
        "algebra:level=3,size=100",
        "string-programs:level=2,size=100",
    ):
        audit = audit_golds(open_problems(spec), grader())
        assert audit.passed == audit.problems == 100, audit.findings


def test_the_options_of_a_sampler_reach_it(tmp_path: Path) -> None:
    done = collect(tmp_path, "-o", "label=teacher")
    assert done.returncode == 0, done.stderr
    assert RunReader(tmp_path / "run").identity["model"] == "teacher"


def test_problems_and_samples_are_limited(tmp_path: Path) -> None:
    done = collect(tmp_path, "--limit", 3, "--json")
    assert json.loads(done.stdout)["completions"] == 6
    assert PROBLEMS.endswith("size=20")


def test_a_scoring_resumed_on_an_edited_file_verifies_what_was_edited(tmp_path: Path) -> None:
    row = {"task_type": "verifiable_math", "prompt": "?", "verification_info": {"ground_truth": "1"}}
    rows = [row | {"problem_id": str(number), "llm_response": "\\boxed{1}"} for number in range(3000)]
    path, out = tmp_path / "rows.jsonl", tmp_path / "scores.jsonl"
    path.write_text("\n".join([*(json.dumps(row) for row in rows), "{torn"]))
    assert genesys("score", path, "--out", out).returncode == 1
    wrong = [row | {"llm_response": "\\boxed{2}"} for row in rows[:2000]]
    path.write_text("\n".join(json.dumps(row) for row in wrong))
    assert genesys("score", path, "--out", out).returncode == 0
    scores = [json.loads(line)["score"] for line in out.read_text().splitlines()]
    assert scores == [0.0] * 2000


def test_an_input_is_never_the_output(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("{}\n")
    done = genesys("score", path, "--out", path)
    assert done.returncode == 2
    assert path.read_text() == "{}\n"


def test_options_for_files_are_refused_for_runs(tmp_path: Path) -> None:
    assert collect(tmp_path).returncode == 0
    done = genesys("score", tmp_path / "run", "--out", tmp_path / "x.parquet")
    assert done.returncode == 2
    assert "--out is for files" in done.stderr


def test_json_keeps_the_data_as_it_is(tmp_path: Path) -> None:
    row = {
        "problem_id": ":100:",
        "task_type": "verifiable_math",
        "prompt": "?",
        "verification_info": {"ground_truth": "1"},
        "llm_response": "[bold]2",
        "score": 1,
    }
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row))
    found = json.loads(genesys("score", path, "--disagreements", 1, "--json").stdout)["disagreements"][0]
    assert (found["problem_id"], found["answer_end"]) == (":100:", "[bold]2")


@pytest.mark.parametrize("option", ["labl=x", "skip_malformed"])
def test_a_wrong_sampler_option_is_one_clear_error(tmp_path: Path, option: str) -> None:
    done = collect(tmp_path, "-o", option)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
