from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from command_line import genesys
from harvest_child import harvest_of
from hypothesis import given
from hypothesis import strategies as st
from recordings import write_recording
from runs import commit, content, make_completion, make_identity, make_problem

from genesys.errors import ConfigurationError, Conflict, RunMismatch
from genesys.rollouts.merging import merge
from genesys.rollouts.parts import part_files
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.shard import Shard
from genesys.schema import Completion, Problem, Verdict

RIGHT = Verdict(score=1.0, verifier="math@1", cost={"seconds": 0.1})
UNREACHABLE = Verdict(score=None, cause="judge_unreachable", verifier="math@1")


def make_run(folder: Path, *rows: tuple[Problem, Completion, Verdict | None], **identity: Any) -> Path:
    with RunFolder(folder, make_identity(**identity)) as run:
        for problem, completion, verdict in rows:
            commit(run, problem, completion, verdict)
    return folder


def one(number: int, index: int = 0, verdict: Verdict | None = RIGHT, **changes: Any) -> tuple[Any, ...]:
    problem = make_problem(number)
    return problem, make_completion(problem, index, **changes), verdict


def files_of(folder: Path) -> dict[str, str]:
    """Every file of a folder with the digest of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_equal_rows_of_several_runs_count_once(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", one(1), one(2), one(2, 1))
    second = make_run(tmp_path / "b", one(2), one(3, verdict=None))
    report = merge([first, second], tmp_path / "whole")
    run = RunReader(tmp_path / "whole")
    assert report.rows == {"problems": 3, "completions": 4, "math@1": 3}
    assert report.duplicates == {"problems": 1, "completions": 1, "math@1": 1}
    assert run.identity == RunReader(first).identity
    assert sorted(run.problems()) == ["p1", "p2", "p3"]
    assert len(set(run.table("completions")["response_id"].to_pylist())) == 4
    assert run.table("scores", verifier="math@1").num_rows == 3


def test_a_merged_run_can_be_continued(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", one(1))
    merge([first], tmp_path / "whole")
    make_run(tmp_path / "whole", one(2))
    assert sorted(RunReader(tmp_path / "whole").problems()) == ["p1", "p2"]


def test_two_texts_under_one_id_name_both_runs(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", one(1))
    second = make_run(tmp_path / "b", one(1, text="another"))
    with pytest.raises(Conflict) as caught:
        merge([first, second], tmp_path / "whole")
    assert str(first) in caught.value.fault
    assert str(second) in caught.value.fault
    assert make_completion(make_problem(1)).response_id in caught.value.fault
    assert not (tmp_path / "whole").exists()


def test_two_problems_under_one_id_are_a_conflict(tmp_path: Path) -> None:
    other = make_problem(1, gold="43")
    first = make_run(tmp_path / "a", one(1))
    second = make_run(tmp_path / "b", (other, make_completion(other, 1), None))
    with pytest.raises(Conflict, match="problem 'p1'"):
        merge([first, second], tmp_path / "whole")


def test_two_last_words_on_a_response_are_a_conflict(tmp_path: Path) -> None:
    wrong = Verdict(score=0.0, cause="wrong_answer", verifier="math@1")
    runs = [make_run(tmp_path / "a", one(1)), make_run(tmp_path / "b", one(1, verdict=wrong))]
    with pytest.raises(Conflict, match="the verdict of math@1"):
        merge(runs, tmp_path / "whole")


@pytest.mark.parametrize("verdicts", [(UNREACHABLE, RIGHT), (RIGHT, UNREACHABLE)])
def test_a_last_word_counts_before_one_that_may_pass(
    tmp_path: Path, verdicts: tuple[Verdict, Verdict]
) -> None:
    runs = [make_run(tmp_path / str(place), one(1, verdict=said)) for place, said in enumerate(verdicts)]
    merge(runs, tmp_path / "whole")
    assert RunReader(tmp_path / "whole").table("scores", verifier="math@1")["score"].to_pylist() == [1.0]


def test_different_runs_are_refused_with_the_difference(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", one(1))
    second = make_run(tmp_path / "b", one(2), model="other")
    with pytest.raises(RunMismatch, match=r"model: 'model' -> 'other'"):
        merge([first, second], tmp_path / "whole")


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", one(1))
    with pytest.raises(RunMismatch, match="exists already"):
        merge([first], first)


def test_what_a_killed_merge_left_is_no_obstacle(tmp_path: Path) -> None:
    first = make_run(tmp_path / "a", one(1))
    left = tmp_path / ".whole.merging"
    (left / "problems").mkdir(parents=True)
    (left / "problems" / "part-00000.parquet").write_bytes(b"torn")
    merge([first], tmp_path / "whole")
    assert sorted(RunReader(tmp_path / "whole").problems()) == ["p1"]
    assert not left.exists()


def test_rows_beyond_the_budget_go_through_the_disk_in_order(tmp_path: Path) -> None:
    rows = [one(number, text=f"{number} " * 50) for number in range(300)]
    first = make_run(tmp_path / "a", *rows[:200])
    second = make_run(tmp_path / "b", *rows[100:])
    report = merge([first, second], tmp_path / "whole", budget=1, part_characters=5_000)
    ids = RunReader(tmp_path / "whole").table("completions")["response_id"].to_pylist()
    assert ids == sorted(ids)
    assert (len(ids), report.duplicates["completions"]) == (300, 100)
    assert len(part_files(tmp_path / "whole" / "completions")) > 3


def test_canonical_forms_are_the_same_bytes_however_the_rows_came(tmp_path: Path) -> None:
    rows = [one(number, index) for number in range(20) for index in range(2)]
    at_once = make_run(tmp_path / "at-once", *rows)
    halves = [
        make_run(tmp_path / "a", *(one(int(r[0].problem_id[1:]), r[1].sample_index, host="alice") for r in rows[::2])),
        make_run(tmp_path / "b", *(one(int(r[0].problem_id[1:]), r[1].sample_index, seconds=9.0) for r in rows[1::2][::-1])),
    ]  # fmt: skip
    merge([at_once], tmp_path / "one", canonical=True)
    merge(halves, tmp_path / "two", canonical=True)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert set(files_of(tmp_path / "one")) == {
        "run.json",
        "problems/part-00000.parquet",
        "completions/part-00000.parquet",
        "scores/math@1/part-00000.parquet",
    }
    assert RunReader(tmp_path / "one").table("completions")["host"].to_pylist() == [None] * 40


PROBLEMS = "arithmetic:level=1,seed=0,size=40"


def test_shards_merge_to_the_run_that_nobody_divided(tmp_path: Path) -> None:
    recording = write_recording(tmp_path / "recording.jsonl", PROBLEMS, 2)
    wanted = {"env_id": "genesys/math-v0", "problems": PROBLEMS, "sampler": "recording", "n": 2}
    wanted |= {"model": str(recording)}
    asyncio.run(harvest_of(wanted).run(tmp_path / "at-once"))
    planned = 0
    for index in (1, 2, 3):
        made = harvest_of(wanted | {"shard": f"{index}/3"})
        progress = asyncio.run(made.run(tmp_path / str(index)))
        assert progress.planned == progress.completions
        planned += progress.planned
    assert planned == 80
    shards = [tmp_path / "1", tmp_path / "3"]
    assert merge(shards, tmp_path / "two-thirds").missing_shards == ["2/3"]
    assert merge([*shards, tmp_path / "2"], tmp_path / "whole").missing_shards == []
    for kind, verifier in (("problems", None), ("completions", None), ("scores", "math@1")):
        assert content(tmp_path / "whole", kind, verifier) == content(tmp_path / "at-once", kind, verifier)


@given(st.text(max_size=40), st.integers(1, 50))
def test_each_problem_is_in_exactly_one_shard(problem_id: str, count: int) -> None:
    assert sum(Shard(index, count).holds(problem_id) for index in range(1, count + 1)) == 1


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "-1/4", "1/0"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="shard"):
        Shard.parse(text)


def test_the_command_says_what_it_merged(tmp_path: Path) -> None:
    make_run(tmp_path / "a", one(1))
    make_run(tmp_path / "b", one(2))
    done = genesys("merge", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "whole", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == {"problems": 2, "completions": 2, "math@1": 2}
    again = genesys("merge", tmp_path / "a", "--out", tmp_path / "whole")
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
