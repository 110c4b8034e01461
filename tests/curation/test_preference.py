"""Preference pairs: who is chosen, who is rejected, and why there is no pair."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from curation_runs import CODE, Row, make_run, problem, verdict

from genesys.curation import Tally, curate

Score = float | None


def pairs(tmp_path: Path, rows: Sequence[Row]) -> tuple[list[dict[str, Any]], Tally]:
    run = make_run(tmp_path / "run", rows)
    report = curate([run], "synthetic-1", tmp_path / "out").output("preference")
    assert report.problems is not None
    return pq.read_table(tmp_path / "out" / "preference").to_pylist(), report.problems


def code_rows(name: str, scores: Sequence[Score], **settings: Any) -> list[Row]:
    return [
        Row(problem=problem(name, CODE), index=index, verdicts=[verdict(score)], **settings)
        for index, score in enumerate(scores)
    ]


def test_the_best_is_chosen_and_the_worst_rejected(tmp_path: Path) -> None:
    (pair,), _ = pairs(tmp_path, code_rows("a", [0.95, 0.2, 1.0, 0.1, 0.5]))
    assert (pair["chosen_response_id"], pair["rejected_response_id"]) == ("a/2", "a/3")
    assert (pair["score_chosen"], pair["score_rejected"]) == (1.0, 0.1)
    assert pair["prompt"] == [{"content": "What is a? «ß»", "role": "user"}]
    assert pair["chosen"] == [{"content": "<think>try 2</think>\\boxed{a/2}", "role": "assistant"}]
    assert pair["rejected"] == [{"content": "<think>try 3</think>\\boxed{a/3}", "role": "assistant"}]


def test_ties_go_to_the_lowest_sample_index(tmp_path: Path) -> None:
    rows = code_rows("a", [0.5, 1.0, 0.0, 1.0, 0.0])
    (pair,), _ = pairs(tmp_path, rows[::-1])
    assert (pair["chosen_response_id"], pair["rejected_response_id"]) == ("a/1", "a/2")


def test_sample_indices_are_numbers_and_not_words(tmp_path: Path) -> None:
    rows = code_rows("a", [1.0] * 11 + [0.0])
    (pair,), _ = pairs(tmp_path, rows[2:])
    assert pair["chosen_response_id"] == "a/2"


def test_every_problem_without_a_pair_has_its_reason(tmp_path: Path) -> None:
    rows = [
        *code_rows("only-one", [1.0]),
        *code_rows("one-scorable", [1.0, None]),
        *code_rows("none-passes", [0.89, 0.0]),
        *code_rows("none-bad-enough", [1.0, 0.6]),
        *code_rows("none-left", [None, None]),
        *code_rows("pair", [0.9, 0.59]),
    ]
    found, tally = pairs(tmp_path, rows)
    assert [pair["problem_id"] for pair in found] == ["pair"]
    assert (tally.unit, tally.read, tally.kept) == ("problems", 6, 1)
    assert tally.dropped == {
        "fewer_than_two_completions": 2,
        "no_completion_left": 1,
        "none_to_choose": 1,
        "none_to_reject": 1,
    }


def test_unscorable_rows_are_never_in_a_pair(tmp_path: Path) -> None:
    (pair,), _ = pairs(tmp_path, code_rows("a", [None, 0.5, None, 1.0, None]))
    assert (pair["chosen_response_id"], pair["rejected_response_id"]) == ("a/3", "a/1")


def test_a_truncated_completion_may_be_rejected_but_not_chosen(tmp_path: Path) -> None:
    cut = Row(problem=problem("a", CODE), index=0, verdicts=[verdict(1.0)], finish_reason="length")
    bad = Row(problem=problem("a", CODE), index=2, verdicts=[verdict(0.0)], finish_reason="length")
    (pair,), _ = pairs(tmp_path, [cut, *code_rows("a", [0.0, 0.9])[1:], bad])
    assert (pair["chosen_response_id"], pair["rejected_response_id"]) == ("a/1", "a/2")


def test_both_sides_of_a_pair_answer_the_same_messages(tmp_path: Path) -> None:
    a = problem("a")
    terse = [{"role": "system", "content": "Be terse."}, {"role": "user", "content": a.prompt}]
    one = make_run(
        tmp_path / "one", [Row(problem=a, index=i, verdicts=[verdict(s)]) for i, s in enumerate((1.0, 1.0))]
    )
    rows = [
        Row(problem=a, index=i, verdicts=[verdict(s)], messages=terse, response_id=f"terse{i}", text=f"t{i}")
        for i, s in enumerate((0.0, 1.0))
    ]
    two = make_run(tmp_path / "two", rows, seed=1)
    report = curate([one, two], "synthetic-1", tmp_path / "out")
    (pair,) = pq.read_table(tmp_path / "out" / "preference").to_pylist()
    assert (pair["chosen_response_id"], pair["rejected_response_id"]) == ("terse1", "terse0")
    assert [message["content"] for message in pair["prompt"]] == ["Be terse.", a.prompt]
    sft = pq.read_table(tmp_path / "out" / "sft").to_pylist()
    assert [len(row["messages"]) for row in sft] == [2, 2, 3]
    assert report.problems == 1
