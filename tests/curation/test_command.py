"""`genesys curate` as people and programs call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from curation_runs import Row, make_run, problem, verdict

from genesys.curation import load_recipe


@pytest.fixture
def run(tmp_path: Path) -> Path:
    scores = (1.0, 0.0, None)
    rows = [Row(problem=problem("a"), index=i, verdicts=[verdict(score)]) for i, score in enumerate(scores)]
    return make_run(tmp_path / "run", [*rows, Row(problem=problem("a"), index=3)])


def genesys(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "import sys; from genesys.cli import main; sys.argv[0] = 'genesys'; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_people_read_what_was_kept_and_why_the_rest_went(run: Path, tmp_path: Path) -> None:
    done = genesys("curate", run, "--recipe", "synthetic-1", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (0, "")
    for words in (
        "unscorable:bad_gold",
        "below_threshold",
        "unscored",
        "genesys score RUN",
        "out/sft/*.parquet",
    ):
        assert words in done.stderr
    assert (tmp_path / "out" / "README.md").is_file()


def test_programs_read_one_object_on_stdout(run: Path, tmp_path: Path) -> None:
    done = genesys("curate", run, "--out", tmp_path / "out", "--json")
    report = json.loads(done.stdout)
    assert report["out"] == str(tmp_path / "out")
    assert [(output["name"], output["rows"]) for output in report["outputs"]] == [
        ("raw", 3),
        ("sft", 1),
        ("preference", 1),
    ]
    assert report["unscored"] == 1


def test_wrong_usage_is_one_clear_error_and_status_2(run: Path, tmp_path: Path) -> None:
    done = genesys("curate", run, "--recipe", "synthetic1", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "unknown recipe 'synthetic1'" in done.stderr
    assert "Did you mean 'synthetic-1'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_recipe_is_printed_to_be_copied(tmp_path: Path) -> None:
    done = genesys("curate", "--show-recipe", "openr1-math")
    assert done.returncode == 0
    (tmp_path / "mine.toml").write_text(done.stdout)
    assert load_recipe(tmp_path / "mine.toml").name == "openr1-math"
    unknown = genesys("curate", "--show-recipe", "openr1")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "Did you mean 'openr1-math'?" in unknown.stderr


def test_rejected_rows_are_written_where_asked_for(run: Path, tmp_path: Path) -> None:
    done = genesys("curate", run, "--out", tmp_path / "out", "--rejected", "--threads", 1, "--json")
    report = json.loads(done.stdout)
    assert sum(file["rows"] for file in report["rejected"]) == 6
    assert (tmp_path / "out" / "rejected" / "train-00000-of-00001.parquet").is_file()
