"""The same runs and recipe give the same bytes."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from curation_runs import Row, make_run, problem, verdict

from genesys.curation import curate
from genesys.curation.intake import _OPEN_THINK
from genesys.curation.lake import Lake
from genesys.curation.shards import ShardWriter
from genesys.schema import split_reasoning, text_digest


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def many_rows() -> list[Row]:
    scores = (1.0, 0.0, 1.0, None)
    return [
        Row(problem=problem(f"p{number}"), index=index, verdicts=[verdict(scores[(number + index) % 4])])
        for number in range(60)
        for index in range(4)
    ]


def test_neither_run_order_nor_threads_nor_layout_of_parts_moves_a_byte(tmp_path: Path) -> None:
    rows = many_rows()
    first = make_run(tmp_path / "one" / "first", rows[:150], spooled=rows[150:160])
    second = make_run(tmp_path / "one" / "second", rows[140:], seed=1)
    curate([first, second], "synthetic-1", tmp_path / "a", threads=1)
    curate([second, first], "synthetic-1", tmp_path / "b", threads=2)
    curate([second, first, second], "synthetic-1", tmp_path / "b")  # in the place of the one before
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_how_rows_came_into_the_run_moves_no_byte(tmp_path: Path) -> None:
    rows = many_rows()
    tidy = make_run(tmp_path / "tidy" / "run", rows)
    random.Random(0).shuffle(rows)
    untidy = make_run(tmp_path / "untidy" / "run", rows[:100], spooled=rows[90:])
    curate([tidy], "synthetic-1", tmp_path / "a")
    curate([untidy], "synthetic-1", tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_copies_of_one_run_merge_to_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    rows = many_rows()
    one = make_run(tmp_path / "one", rows)
    two = make_run(tmp_path / "two", [replace(row, verdicts=[]) for row in rows[::-1]])
    curate([one, two], "synthetic-1", tmp_path / "a")
    curate([two, one], "synthetic-1", tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_how_rows_come_in_batches_makes_no_difference(tmp_path: Path) -> None:
    schema = pa.schema([("source", pa.string()), ("text", pa.string())])
    rows = [
        {"source": "s", "text": None if number % 7 == 0 else text_digest(str(number))}
        for number in range(5000)
    ]
    whole = pa.Table.from_pylist(rows, schema)
    for name, size in (("a", 5000), ("b", 1), ("c", 777)):
        batches = whole.to_batches(max_chunksize=size)
        writer = ShardWriter(tmp_path / name, schema, bytes_per_shard=20_000)
        for batch in batches:
            writer.add([batch])
        files = writer.finish()
        assert len(files) > 2
        assert sum(file.rows for file in files) == 5000
    a, b, c = (content(tmp_path / name) for name in "abc")
    assert a == b == c


@pytest.mark.parametrize("length", range(5))
def test_open_reasoning_in_sql_is_open_reasoning_in_the_schema(tmp_path: Path, length: int) -> None:
    words = ("<think>", "</think>", "<think", "think>", "a\n")
    texts = ["".join(chosen) for chosen in itertools.product(words, repeat=length)]
    with Lake(tmp_path / "spill") as lake:
        lake.connection.register("texts", pa.table({"text": texts}))
        found = dict(lake.rows(f"SELECT text, {_OPEN_THINK} FROM texts"))
    assert found == {text: split_reasoning(text).answer is None for text in texts}
