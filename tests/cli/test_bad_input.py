"""Bad input: one clear error each, with the remedy, and nothing lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import collect, genesys

from genesys.rollouts.run_reader import RunReader


def test_a_good_call_for_comparison(tmp_path: Path) -> None:
    done = collect(tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["completions"] == 40


@pytest.mark.parametrize(
    ("arguments", "fault", "remedy"),
    [
        (["collect", "--env", "genesys/maths-v0", "--model", "m", "--out", "x"], "genesys/maths-v0", "math-v0"),
        (["collect", "--env", "genesys/math-v0", "--model", "m", "--out", "x", "--sampler", "vlm"], "'vlm'", "Known"),
        (["collect", "--env", "genesys/math-v0", "--model", "m", "--out", "x", "--problems", "arithmatic"], "arithmatic", "arithmetic"),
        (["collect", "--env", "genesys/math-v0", "--model", "m", "--out", "x", "--verifier", "maths"], "'maths'", "'math'"),
        (["collect", "--env", "genesys/math-v0", "--model", "m", "--out", "x", "--verifier", "math@0"], "math@0", "math@"),
        (["score", "nowhere.jsonl"], "nowhere.jsonl", ""),
        (["score", "pyproject.toml", "--answer-format", "box"], "'box'", "boxed"),
        (["show", "."], "run.json", ""),
    ],
)  # fmt: skip
def test_wrong_words_are_named_with_what_would_be_right(
    arguments: list[str], fault: str, remedy: str
) -> None:
    done = genesys(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert fault in done.stderr
    assert remedy in done.stderr


def test_an_unknown_recipe_is_named(tmp_path: Path) -> None:
    assert collect(tmp_path).returncode == 0
    done = genesys("curate", tmp_path / "run", "--recipe", "synthetic-2", "--out", tmp_path / "data")
    assert done.returncode == 2
    assert "synthetic-2" in done.stderr
    assert "synthetic-1" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_missing_extra_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "hide" / "torch").mkdir(parents=True)
    (tmp_path / "hide" / "torch" / "__init__.py").write_text("raise ModuleNotFoundError(name='torch')")
    done = genesys(
        "collect", "--env", "genesys/math-v0", "--model", ".", "--out", tmp_path / "run",
        PYTHONPATH=str(tmp_path / "hide"),
    )  # fmt: skip
    assert done.returncode == 2
    assert 'pip install "genesys-rl[train]"' in done.stderr


def test_a_malformed_row_is_named_by_file_and_line_and_nothing_is_lost(tmp_path: Path) -> None:
    row = {
        "problem_id": "p",
        "task_type": "verifiable_math",
        "prompt": "?",
        "verification_info": {"ground_truth": "1"},
        "llm_response": "\\boxed{1}",
    }
    lines = [json.dumps(row)] * 5
    lines[2] = lines[2][:30]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines))
    done = genesys("score", path, "--out", tmp_path / "scores.jsonl")
    assert done.returncode == 1
    assert f"{path}:3" in done.stderr
    assert "--skip-malformed" in done.stderr
    done = genesys("score", path, "--out", tmp_path / "other.jsonl", "--skip-malformed", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["malformed"] == 1
    assert len((tmp_path / "other.jsonl").read_text().splitlines()) == 4


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = collect(tmp_path, "--out", tmp_path / "file" / "run")
    assert done.returncode == 1
    assert "file" in done.stderr
    assert "--out" in done.stderr
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_run_of_another_configuration_is_refused_with_the_difference(tmp_path: Path) -> None:
    assert collect(tmp_path).returncode == 0
    done = collect(tmp_path, "--temperature", "0.9")
    assert done.returncode == 1
    assert "0.6" in done.stderr
    assert "0.9" in done.stderr
    assert RunReader(tmp_path / "run").table("completions").num_rows == 40


def test_a_second_collector_is_refused(tmp_path: Path) -> None:
    from genesys.rollouts.identity import RunIdentity
    from genesys.rollouts.run_folder import RunFolder

    assert collect(tmp_path).returncode == 0
    with RunFolder(tmp_path / "run", RunIdentity(**RunReader(tmp_path / "run").identity)):
        done = collect(tmp_path)
    assert done.returncode == 1
    assert str(os.getpid()) in done.stderr


def test_different_problems_under_one_id_are_one_conflict_that_names_both(tmp_path: Path) -> None:
    rows = [
        {
            "problem_id": "p",
            "task_type": "verifiable_math",
            "prompt": prompt,
            "verification_info": {"ground_truth": "1"},
        }
        for prompt in ("a", "a", "b")
    ]
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = collect(tmp_path, "--problems", path)
    assert done.returncode == 1
    assert f"{path}:1" in done.stderr
    assert f"{path}:3" in done.stderr
