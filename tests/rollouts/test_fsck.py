from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import genesys
from harvest_child import harvest_of
from recordings import write_recording
from runs import content, make_completion, make_identity, make_problem

from genesys.errors import ConfigurationError, RunLocked
from genesys.rewards import Grader
from genesys.rollouts.fsck import FsckReport, fsck_run
from genesys.rollouts.parts import part_files
from genesys.rollouts.run_folder import RunFolder, completion_row, problem_row, score_row
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.spool import SpoolRow
from genesys.schema import Verdict

PROBLEMS = "arithmetic:level=1,seed=0,size=30"
RIGHT = Verdict(score=1.0, verifier="math@1")


@pytest.fixture(scope="module")
def harvest(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Harvests a run of two parts of completions into a folder, or continues it."""
    recording = write_recording(tmp_path_factory.mktemp("fsck") / "recording.jsonl", PROBLEMS, 2)
    wanted = {"env_id": "genesys/math-v0", "problems": PROBLEMS, "sampler": "recording"}
    wanted["model"] = str(recording)

    def collect(out: Path) -> None:
        with closing(Grader()) as grader:
            for n in (1, 2):
                asyncio.run(harvest_of(wanted | {"n": n}).run(out, grader))

    return collect


@pytest.fixture(scope="module")
def whole(harvest: Callable[[Path], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The harvest that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    harvest(folder)
    return folder


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of it to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "run"))


def checks(report: FsckReport) -> set[str]:
    return {finding.check for finding in report.findings}


def rewrite(part: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Edits a part as somebody's script might."""
    table = pq.read_table(part)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), part)


def mend_and_continue(run: Path, harvest: Callable[[Path], None], whole: Path) -> FsckReport:
    """A repair leaves a sound run, and collecting again what an undisturbed harvest holds."""
    report = fsck_run(run, repair=True)
    after = fsck_run(run)
    assert after.is_sound, after.findings
    harvest(run)
    for kind, verifier in (("problems", None), ("completions", None), ("scores", "math@1")):
        assert content(run, kind, verifier) == content(whole, kind, verifier)
    assert fsck_run(run).findings == []
    return report


def test_a_sound_run_is_sound(run: Path) -> None:
    report = fsck_run(run)
    assert report.findings == []
    assert report.rows == {"problems": 30, "completions": 60, "math@1": 60}


def test_an_interrupted_run_is_sound_too(tmp_path: Path) -> None:
    problem = make_problem(1)
    completion = make_completion(problem)
    folder = RunFolder(tmp_path / "run", make_identity())
    rows = [problem_row(problem, []), completion_row(problem, completion)]
    rows.append(score_row(problem, completion.response_id, completion.text_digest, RIGHT))
    folder.commit(rows)
    folder.flush("problems")
    folder.commit(rows[:1])  # as if killed between the part and the spool
    folder.close(flush=False)
    report = fsck_run(tmp_path / "run")
    assert report.is_sound
    assert checks(report) == {"spooled"}
    assert report.rows == {"problems": 1, "completions": 1, "math@1": 1}
    assert fsck_run(tmp_path / "run", repair=True).is_sound
    assert fsck_run(tmp_path / "run").findings == []


def test_a_truncated_part_is_set_aside_and_sampled_again(
    run: Path, harvest: Callable[[Path], None], whole: Path
) -> None:
    part = part_files(run / "completions")[0]
    damaged = part.read_bytes()[:-20]
    part.write_bytes(damaged)
    report = mend_and_continue(run, harvest, whole)
    assert "unreadable" in checks(report)
    assert (run / "lost+found" / "completions" / part.name).read_bytes() == damaged


def test_of_a_part_with_one_bad_page_the_other_row_groups_are_saved(
    run: Path, harvest: Callable[[Path], None], whole: Path
) -> None:
    part = part_files(run / "completions")[0]
    table = pq.read_table(part)
    pq.write_table(table, part, row_group_size=5, write_page_checksum=True)
    texts = pq.read_metadata(part).row_group(1).column(table.num_columns - 1)
    raw = bytearray(part.read_bytes())
    raw[(texts.dictionary_page_offset + texts.data_page_offset) // 2] ^= 1
    part.write_bytes(bytes(raw))
    report = mend_and_continue(run, harvest, whole)
    (finding,) = [one for one in report.findings if one.check == "unreadable"]
    assert finding.done is not None
    assert finding.done.startswith(f"{table.num_rows - 5} sound rows written anew")


def test_a_changed_text_is_found_by_its_digest(
    run: Path, harvest: Callable[[Path], None], whole: Path
) -> None:
    part = part_files(run / "completions")[1]
    rewrite(part, lambda rows: [rows[0] | {"text": "\\boxed{1}"}, *rows[1:]])
    report = mend_and_continue(run, harvest, whole)
    assert {"text-digest", "no-completion"} <= checks(report)


def test_rows_that_stand_twice_count_once(run: Path, harvest: Callable[[Path], None], whole: Path) -> None:
    first, second = part_files(run / "completions")[:2]
    rewrite(second, lambda rows: [*rows, *pq.read_table(first).to_pylist()[:3]])
    report = mend_and_continue(run, harvest, whole)
    (finding,) = [one for one in report.findings if one.check == "duplicate"]
    assert (finding.count, finding.place) == (3, f"completions/{second.name}")


def test_a_lost_part_of_problems_is_put_back_by_collecting_again(
    run: Path, harvest: Callable[[Path], None]
) -> None:
    part_files(run / "problems")[0].unlink()
    report = fsck_run(run, repair=True)
    assert not report.is_sound
    assert checks(report) == {"no-problem"}
    assert "Run the command" in str(report.findings[0].remedy)
    completions = RunReader(run).table("completions")
    harvest(run)
    assert fsck_run(run).findings == []
    assert RunReader(run).table("completions") == completions  # nothing was sampled twice


def test_scores_of_no_completion_and_impossible_ones_are_taken_out(
    run: Path, harvest: Callable[[Path], None], whole: Path
) -> None:
    part = part_files(run / "scores" / "math@1")[0]
    rewrite(part, lambda rows: [rows[0] | {"response_id": "0" * 32}, rows[1] | {"score": 7.0}, *rows[2:]])
    assert {"no-completion", "malformed"} <= checks(mend_and_continue(run, harvest, whole))


def test_a_part_of_another_run_is_taken_out(
    run: Path, harvest: Callable[[Path], None], whole: Path, tmp_path: Path
) -> None:
    problem = make_problem(1)
    with RunFolder(tmp_path / "other", make_identity()) as other:
        other.commit([problem_row(problem, [])])
    (part,) = part_files(tmp_path / "other" / "problems")
    part.rename(run / "problems" / "part-00099.parquet")
    report = mend_and_continue(run, harvest, whole)
    assert checks(report) == {"foreign"}


def test_run_json_is_made_again_from_what_the_parts_say(
    run: Path, harvest: Callable[[Path], None], whole: Path
) -> None:
    before = (run / "run.json").read_text()
    (run / "run.json").write_text(before[:50])
    report = mend_and_continue(run, harvest, whole)
    assert checks(report) == {"run-file"}
    assert json.loads((run / "run.json").read_text()) == json.loads(before)
    assert (run / "lost+found" / "run.json").read_text() == before[:50]


def test_a_torn_line_of_the_log_is_set_aside(run: Path, harvest: Callable[[Path], None], whole: Path) -> None:
    with (run / "log.jsonl").open("a") as log:
        log.write('{"time": 17')
    harvest(run)  # a later line begins anew and is not lost with the torn one
    assert [event["event"] for event in RunReader(run).log()][-1] == "collected"
    assert checks(fsck_run(run)) == {"log"}
    mend_and_continue(run, harvest, whole)
    assert (run / "lost+found" / "log.jsonl").read_text() == '{"time": 17\n'


def spool_of(run: Path, count: int) -> Path:
    """A run whose rows are all in its spool still."""
    folder = RunFolder(run, make_identity())
    for number in range(count):
        problem = make_problem(number)
        completion = make_completion(problem, text=f"{number} " * 500)
        folder.commit([problem_row(problem, []), completion_row(problem, completion)])
    folder.close(flush=False)
    return folder.reader.spool_path


def test_of_a_damaged_spool_what_can_be_read_is_saved(tmp_path: Path) -> None:
    path = spool_of(tmp_path / "run", 60)
    raw = bytearray(path.read_bytes())
    assert len(raw) > 60_000
    raw[40_960:45_056] = bytes(4096)  # a page in the middle
    path.write_bytes(bytes(raw))
    report = fsck_run(tmp_path / "run")
    assert "spool" in checks(report)
    assert not report.is_sound
    mended = fsck_run(tmp_path / "run", repair=True)
    assert 30 < mended.rows["completions"] < 60
    assert (tmp_path / "run" / "lost+found" / path.name).read_bytes() == bytes(raw)
    with RunFolder(tmp_path / "run", make_identity()):
        pass
    assert fsck_run(tmp_path / "run").rows["completions"] == mended.rows["completions"]


def test_a_row_of_the_spool_that_is_none_is_set_aside(tmp_path: Path) -> None:
    path = spool_of(tmp_path / "run", 3)
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "UPDATE rows SET row = substr(row, 1, 9) WHERE kind = 'completions' AND key = (SELECT min(key) FROM rows WHERE kind = 'completions')"
        )
        db.commit()
    assert checks(fsck_run(tmp_path / "run")) == {"spool"}
    assert fsck_run(tmp_path / "run", repair=True).is_sound
    assert fsck_run(tmp_path / "run").rows == {"problems": 3, "completions": 2}


def test_a_run_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "run", make_identity()), pytest.raises(RunLocked):
        fsck_run(tmp_path / "run")


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no run folder"):
        fsck_run(tmp_path)


def test_a_check_changes_nothing(run: Path) -> None:
    part = part_files(run / "completions")[0]
    part.write_bytes(part.read_bytes()[:-20])
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != ".lock"}
    fsck_run(run)
    after = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != ".lock"}
    assert before == after


def test_the_command_says_what_is_wrong_and_what_it_did(run: Path) -> None:
    assert genesys("fsck", run).returncode == 0
    part = part_files(run / "completions")[0]
    part.write_bytes(part.read_bytes()[:-20])
    found = genesys("fsck", run, "--json")
    assert found.returncode == 1
    assert not json.loads(found.stdout)["sound"]
    mended = genesys("fsck", run, "--repair")
    assert mended.returncode == 0, mended.stderr
    assert f"lost+found/completions/{part.name}" in mended.stderr


def test_a_row_committed_for_another_kind_of_key_is_named(tmp_path: Path) -> None:
    problem = make_problem(1)
    folder = RunFolder(tmp_path / "run", make_identity())
    folder.commit([SpoolRow("problems", "another", problem_row(problem, []).row)])
    folder.close(flush=False)
    report = fsck_run(tmp_path / "run")
    assert "its columns say 'p1'" in report.findings[0].text
