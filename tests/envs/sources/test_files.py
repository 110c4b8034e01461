"""Problems from files: what counts once, what conflicts, what is malformed, what is kept."""

from __future__ import annotations

import copy
import gzip
import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from genesys.envs.sources import ProblemSource, open_problems
from genesys.envs.sources.files import FileProblems
from genesys.errors import Conflict, DataError, MalformedRow
from genesys.schema import Problem


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "problem_id": f"p{number}",
        "source": "made",
        "task_type": "verifiable_math",
        "in_source_id": None,
        "prompt": f"What is {number} + 1?",
        "gold_standard_solution": f"\\boxed{{{number + 1}}}",
        "verification_info": {"ground_truth": str(number + 1)},
        "metadata": {"level": 1, "text": "é∑😀"},
    } | changes


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in rows))
    return path


@pytest.mark.parametrize("spell", [lambda struct: struct, json.dumps, repr], ids=["struct", "json", "repr"])
def test_structs_come_as_objects_json_or_python_literals(tmp_path: Path, spell: Any) -> None:
    rows = [row(1, verification_info=spell({"ground_truth": "2"}), metadata=spell({"a": [1, None, True]}))]
    problem = open_problems(write(tmp_path / "rows.jsonl", rows))[0]
    assert problem.verification_info == {"ground_truth": "2"}
    assert problem.metadata == {"a": [1, None, True]}


def test_jsonl_gzip_and_parquet_hold_the_same_problems(tmp_path: Path) -> None:
    rows = [row(number) for number in range(200)]
    plain = write(tmp_path / "rows.jsonl", rows)
    zipped = tmp_path / "rows.jsonl.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    texts = tmp_path / "texts.parquet"
    pq.write_table(pa.Table.from_pylist([row_as_texts(one) for one in rows]), texts)
    structs = tmp_path / "structs.parquet"
    pq.write_table(pa.Table.from_pylist([row_with_more_columns(one) for one in rows]), structs)
    expected = [Problem.from_row(one) for one in rows]
    for path in (plain, zipped, texts, structs):
        assert list(open_problems(path)) == expected


def row_as_texts(one: dict[str, Any]) -> dict[str, Any]:
    return one | {
        "verification_info": repr(one["verification_info"]),
        "metadata": json.dumps(one["metadata"]),
    }


def row_with_more_columns(one: dict[str, Any]) -> dict[str, Any]:
    return {"embedding": [0.5], **one, "score": 1.0}


def test_a_source_is_a_sequence_with_names(tmp_path: Path) -> None:
    problems = FileProblems(write(tmp_path / "rows.jsonl", [row(number) for number in range(300)]))
    assert isinstance(problems, ProblemSource)
    assert len(problems) == 300
    assert [problem.problem_id for problem in problems] == [f"p{number}" for number in range(300)]
    assert problems[-1] == problems[299] == problems.by_id("p299")
    for index in (300, -301):
        with pytest.raises(IndexError):
            problems[index]
    with pytest.raises(KeyError):
        problems.by_id("p300")


def test_large_and_small_records_come_back_in_any_order(tmp_path: Path) -> None:
    prompts = ["x" * (200_000 if number % 7 == 0 else number) + str(number) for number in range(150)]
    rows = [row(number, prompt=prompt) for number, prompt in enumerate(prompts)]
    problems = open_problems(write(tmp_path / "rows.jsonl", rows))
    for number in [*range(149, -1, -3), 0, 149, 75]:
        assert problems[number].prompt == prompts[number]


def test_identity_is_the_digest_of_the_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [row(1)])
    assert open_problems(path).identity == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def test_identical_duplicates_count_once(tmp_path: Path) -> None:
    rows = [row(1), row(2), row(1, metadata={"level": 1}, source="elsewhere"), row(1)]
    problems = FileProblems(write(tmp_path / "rows.jsonl", rows))
    assert [problem.problem_id for problem in problems] == ["p1", "p2"]
    assert (problems.duplicates, problems.skipped) == (2, 0)
    assert problems[0].source == "made"


@pytest.mark.parametrize("skip_malformed", [False, True])
def test_different_problems_under_one_id_are_one_error_that_names_both(
    tmp_path: Path, skip_malformed: bool
) -> None:
    path = write(
        tmp_path / "rows.jsonl", [row(0), row(1), "", row(1, verification_info={"ground_truth": "3"})]
    )
    with pytest.raises(Conflict, match=r"rows\.jsonl:2 and .*rows\.jsonl:4 hold different problems .*'p1'"):
        open_problems(path, skip_malformed=skip_malformed)


MALFORMED = {
    "syntax": ("{", "the line is no JSON"),
    "no id": ({"task_type": "verifiable_math", "prompt": "?"}, "problem_id must be text"),
    "number as id": (row(1, problem_id=7), "problem_id must be text, not 7"),
    "list as struct": (row(1, metadata=[1]), "metadata is a list"),
    "no literal": (
        row(1, verification_info="{oops"),
        "verification_info is neither JSON nor a Python literal",
    ),
    "NaN": ('{"problem_id":"a","task_type":"b","prompt":"c","metadata":{"x":NaN}}', "JSON cannot hold"),
    "nesting": (row(1, metadata="[" * 5000 + "]" * 5000), "metadata"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_row_stops_and_is_named_or_is_counted(tmp_path: Path, name: str) -> None:
    bad, fault = MALFORMED[name]
    path = write(tmp_path / "rows.jsonl", [row(3), bad, row(4)])
    with pytest.raises(MalformedRow, match=rf"rows\.jsonl:2: .*{fault}"):
        open_problems(path)
    problems = open_problems(path, skip_malformed=True)
    assert problems.skipped == 1
    assert [problem.problem_id for problem in problems] == ["p3", "p4"]


@pytest.mark.parametrize(
    ("lines", "fault"), [([], "holds no problem"), (["{"], "1 malformed rows were skipped")]
)
def test_a_file_without_problems_is_an_error(tmp_path: Path, lines: list[Any], fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        open_problems(write(tmp_path / "rows.jsonl", lines), skip_malformed=True)


def test_bad_golds_are_served_like_others(tmp_path: Path) -> None:
    problems = open_problems(write(tmp_path / "rows.jsonl", [row(1, verification_info={}), row(2)]))
    assert problems[0].verification_info == {}


def test_sources_survive_pickling_and_are_not_copied(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", [row(number) for number in range(100)])
    problems = FileProblems(path)
    path.unlink()
    assert list(pickle.loads(pickle.dumps(problems))) == list(problems)
    assert copy.deepcopy({"problems": problems})["problems"] is problems


def test_every_file_of_real_problems_opens(shared: Path) -> None:
    for path in sorted((shared / "data" / "real" / "common").glob("*.jsonl.gz")):
        problems = open_problems(path)
        assert problems.by_id(problems[len(problems) // 2].problem_id) == problems[len(problems) // 2]
