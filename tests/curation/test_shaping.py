"""Texts are read once, dealt into buckets, and come out in order whatever fits into memory."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from curation_runs import Row, make_run, problem, verdict

from genesys.curation import curate, shaping
from genesys.curation.buckets import fill_buckets
from genesys.curation.layouts.columns import TextTable, answered, assistant


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def many_rows() -> list[Row]:
    rows = [
        Row(
            problem=problem(f"p{number % 37}"),
            index=number // 37,
            text=f"<think>{'ä' * (number % 89)}</think>{number}",
            verdicts=[verdict((1.0, 0.0, None)[number % 3])],
        )
        for number in range(300)
    ]
    random.Random(0).shuffle(rows)
    return rows


def test_the_size_of_buckets_moves_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = many_rows()
    run = make_run(tmp_path / "run", rows[:250], spooled=rows[240:])
    curate([run], "synthetic-1", tmp_path / "whole")
    expected = content(tmp_path / "whole")
    for number, size in enumerate((1, 3000)):
        monkeypatch.setattr(shaping, "fill_buckets", lambda *a, size=size, **k: fill_buckets(*a, **{**k, "bytes_per_bucket": size}))  # fmt: skip
        curate([run], "synthetic-1", tmp_path / str(number), threads=2)
        assert content(tmp_path / str(number)) == expected
    texts = pq.read_table(tmp_path / "whole" / "raw").column("llm_response").to_pylist()
    by_name = {row.name: row.text for row in rows}
    names = pq.read_table(tmp_path / "whole" / "raw").column("response_id").to_pylist()
    assert texts == [by_name[name] for name in names]


def test_texts_are_found_by_location_and_a_missing_one_is_an_error() -> None:
    texts = TextTable(pa.table({"location": pa.array([7, 3, 5]), "text": ["seven", "three", "five"]}))
    assert texts.of(pa.array([5, 7, 5], pa.int64())).to_pylist() == ["five", "seven", "five"]
    assert texts.of(pa.array([], pa.int64())).to_pylist() == []
    for missing in (4, 9):
        with pytest.raises(KeyError, match=str(missing)):
            texts.of(pa.array([missing], pa.int64()))


def test_an_answer_is_the_last_turn_of_any_conversation() -> None:
    turns = [
        [{"content": "s", "role": "system"}, {"content": "u", "role": "user"}],
        [{"content": "v", "role": "user"}],
    ]
    messages = pa.array(turns, pa.list_(pa.struct([("content", pa.string()), ("role", pa.string())])))
    answers = pa.array(["x", "y"])
    assert answered(messages, answers).to_pylist() == [
        [*turn, {"content": text, "role": "assistant"}] for turn, text in zip(turns, ("x", "y"), strict=True)
    ]
    assert answered(messages.slice(1), answers.slice(1)).to_pylist()[0][-1]["content"] == "y"
    assert assistant(answers).to_pylist() == [[{"content": text, "role": "assistant"}] for text in ("x", "y")]


def test_a_verdict_of_each_run_finds_its_text(tmp_path: Path) -> None:
    rows = many_rows()
    one = make_run(tmp_path / "one", rows[:200])
    two = make_run(tmp_path / "two", [replace(row, verdicts=[]) for row in rows[150:]], seed=1)
    report = curate([one, two], "synthetic-1", tmp_path / "out")
    assert report.output("raw").rows == 200
