"""Curation end to end: who is kept, who is dropped, and why; runs that overlap and runs that disagree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from curation_runs import CODE, JUDGED, OUTPUT, Row, make_run, problem, verdict

from genesys.curation import curate
from genesys.errors import ConfigurationError, Conflict, DataError

OK, BAD = verdict(1.0), verdict(0.0)


def table(out: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out / name).to_pylist()
    return rows


def ids(out: Path, name: str) -> list[str]:
    return [row["response_id"] for row in table(out, name)]


def test_each_row_is_kept_or_dropped_for_its_reason(tmp_path: Path) -> None:
    a = problem("a")
    rows = [
        Row(problem=a, index=0, verdicts=[OK]),
        Row(problem=a, index=1, verdicts=[BAD]),
        Row(problem=a, index=2, verdicts=[verdict(None)]),
        Row(problem=a, index=3, verdicts=[verdict(None, "judge_unreachable")]),
        Row(problem=a, index=4),
        Row(problem=a, index=5, verdicts=[OK], finish_reason="length"),
        Row(problem=a, index=6, verdicts=[BAD], finish_reason="repetition"),
        Row(problem=a, index=7, verdicts=[BAD], text="<think>a</think>b<think>never closed"),
        Row(problem=a, index=8, verdicts=[OK], text="<think>try 0</think>\\boxed{a/0}"),
    ]
    report = curate([make_run(tmp_path / "run", rows)], "synthetic-1", tmp_path / "out")
    raw, sft = report.output("raw").completions, report.output("sft").completions
    assert (raw.read, raw.kept, raw.dropped) == (9, 8, {"unscored": 1})
    assert (sft.read, sft.kept) == (9, 1)
    assert sft.dropped == {
        "unscored": 1,
        "unscorable:bad_gold": 1,
        "unscorable:judge_unreachable": 1,
        "duplicate": 1,
        "truncated:length": 1,
        "truncated:open_think": 1,
        "truncated:repetition": 1,
        "below_threshold": 1,
    }
    assert ids(tmp_path / "out", "raw") == [f"a/{index}" for index in (0, 1, 2, 3, 5, 6, 7, 8)]
    assert ids(tmp_path / "out", "sft") == ["a/0"]
    assert report.unscored == 1
    assert report.sources[0].causes == {"wrong_answer": 3, "bad_gold": 1, "judge_unreachable": 1}
    assert report.sources[0].pass_rate == 3 / 6


@pytest.mark.parametrize(
    ("task_type", "score", "kept"),
    [(CODE, 0.9, 1), (CODE, 0.89, 0), (JUDGED, 0.9, 1), (OUTPUT, 0.99, 0), ("somebody_elses", 0.99, 0)],
)
def test_each_task_type_has_its_threshold(tmp_path: Path, task_type: str, score: float, kept: int) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("a", task_type), verdicts=[verdict(score)])])
    report = curate([run], "synthetic-1", tmp_path / "out")
    assert report.output("sft").rows == kept


def test_rows_that_are_only_spooled_are_seen(tmp_path: Path) -> None:
    a, b = problem("a"), problem("b")
    stored = [Row(problem=a, index=0, verdicts=[OK])]
    spooled = [Row(problem=a, index=1, verdicts=[OK]), Row(problem=b, verdicts=[OK])]
    curate([make_run(tmp_path / "run", stored, spooled=spooled)], "synthetic-1", tmp_path / "out")
    assert ids(tmp_path / "out", "sft") == ["a/0", "a/1", "b/0"]
    curate([make_run(tmp_path / "new", [], spooled=spooled)], "synthetic-1", tmp_path / "out2")
    assert ids(tmp_path / "out2", "sft") == ["a/1", "b/0"]


def test_a_row_in_a_part_and_still_in_the_spool_is_one_row(tmp_path: Path) -> None:
    row = Row(problem=problem("a"), verdicts=[OK])  # as a writer leaves it that is killed between the two
    report = curate([make_run(tmp_path / "run", [row], spooled=[row])], "synthetic-1", tmp_path / "out")
    assert (report.completions, report.merged, report.output("sft").rows) == (1, 0, 1)


def test_a_verdict_that_was_tried_again_counts_as_it_ended(tmp_path: Path) -> None:
    first = Row(problem=problem("a"), verdicts=[verdict(None, "judge_unreachable")])
    again = replace(first, verdicts=[OK])
    report = curate([make_run(tmp_path / "run", [first], spooled=[again])], "synthetic-1", tmp_path / "out")
    assert report.output("sft").rows == 1


def test_the_same_response_in_two_runs_is_one_row(tmp_path: Path) -> None:
    a = problem("a")
    both = Row(problem=a, index=0, verdicts=[OK])
    one = make_run(tmp_path / "one", [both])
    two = make_run(tmp_path / "two", [replace(both, verdicts=[]), Row(problem=a, index=1, verdicts=[OK])])
    report = curate([one, two, one], "synthetic-1", tmp_path / "out")
    assert (report.completions, report.merged) == (2, 1)
    assert [(run.name, run.completions) for run in report.runs] == [("one", 1), ("two", 2)]
    assert ids(tmp_path / "out", "sft") == ["a/0", "a/1"]


def test_a_score_of_another_run_counts_for_the_same_response(tmp_path: Path) -> None:
    row = Row(problem=problem("a"), verdicts=[])
    one = make_run(tmp_path / "one", [row])
    two = make_run(tmp_path / "two", [replace(row, verdicts=[OK])], seed=1)
    assert curate([one, two], "synthetic-1", tmp_path / "out").output("sft").rows == 1


def test_two_texts_under_one_id_are_a_conflict_that_names_both_runs(tmp_path: Path) -> None:
    row = Row(problem=problem("a"), verdicts=[OK])
    one = make_run(tmp_path / "one", [row])
    two = make_run(tmp_path / "two", [replace(row, text="another")])
    with pytest.raises(Conflict, match=r"response 'a/0' has one text in .*/one and another in .*/two"):
        curate([two, one], "synthetic-1", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_problems_under_one_id_are_a_conflict_that_names_both_runs(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", [Row(problem=problem("a"), verdicts=[OK])])
    two = make_run(tmp_path / "two", [Row(problem=problem("a", gold="43"), index=1, verdicts=[OK])])
    with pytest.raises(Conflict, match=r"problem 'a' is one thing in .*/one and another in .*/two"):
        curate([one, two], "synthetic-1", tmp_path / "out")


def test_nothing_scored_and_nothing_at_all_say_what_to_run_first(tmp_path: Path) -> None:
    unscored = make_run(tmp_path / "run", [Row(problem=problem("a"))])
    with pytest.raises(DataError, match="none of 1 completions has a score\nRun `genesys score"):
        curate([unscored], "synthetic-1", tmp_path / "out")
    with pytest.raises(DataError, match=r"nothing to curate(.|\n)*genesys collect"):
        curate([make_run(tmp_path / "empty", [])], "synthetic-1", tmp_path / "out")
    with pytest.raises(ConfigurationError, match="no run folder"):
        curate([tmp_path], "synthetic-1", tmp_path / "out")
    with pytest.raises(ConfigurationError, match="no run is given"):
        curate([], "synthetic-1", tmp_path / "out")


def test_a_damaged_part_is_named_and_leaves_no_dataset(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("a"), verdicts=[OK])])
    part = run / "completions" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"part-00000\.parquet"):
        curate([run], "synthetic-1", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_completion_without_its_problem_is_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("a"), verdicts=[OK])])
    (run / "problems" / "part-00000.parquet").unlink()
    with pytest.raises(DataError, match="holds response 'a/0' but not its problem 'a'"):
        curate([run], "synthetic-1", tmp_path / "out")


def test_folder_names_that_are_patterns_mean_themselves(tmp_path: Path) -> None:
    row = Row(problem=problem("a"), verdicts=[OK])
    for name in ("a*b", "run[1]", "lr=0.1", "it's"):
        out = tmp_path / f"out {name}"
        assert curate([make_run(tmp_path / name, [row])], "synthetic-1", out).output("sft").rows == 1


def test_a_memory_limit_is_taken_and_a_senseless_one_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("a"), verdicts=[OK])])
    limited = curate([run], "synthetic-1", tmp_path / "a", memory="200MB", threads=1)
    assert limited.outputs == curate([run], "synthetic-1", tmp_path / "b").outputs
    with pytest.raises(ConfigurationError, match="DuckDB refuses its settings"):
        curate([run], "synthetic-1", tmp_path / "c", memory="plenty")
