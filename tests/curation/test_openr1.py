"""The recipe openr1-math: the published columns, and what stands in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from curation_runs import OUTPUT, Row, make_run, problem, verdict

from genesys.curation import CurationReport, curate

TEXT, FLAGS = pa.string(), pa.list_(pa.bool_())
SCHEMA = pa.schema(
    [
        *((name, TEXT) for name in ("problem", "solution", "answer", "problem_type", "question_type")),
        *((name, TEXT) for name in ("source", "uuid")),
        ("is_reasoning_complete", FLAGS),
        ("generations", pa.list_(TEXT)),
        ("correctness_math_verify", FLAGS),
        ("correctness_llama", FLAGS),
        ("finish_reasons", pa.list_(TEXT)),
        ("correctness_count", pa.int64()),
        ("messages", pa.list_(pa.struct([("content", TEXT), ("role", TEXT)]))),
    ]
)
RIGHT, WRONG, OPEN = verdict(1.0), verdict(0.0), verdict(None, "needs_judge")


def judged(score: float | None) -> Any:
    return verdict(score, "judge_unparseable" if score is None else None, verifier="judge@2+abc")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[CurationReport, Path]:
    folder = tmp_path_factory.mktemp("openr1")
    a = problem("a", gold="7", source="olympiads", problem_type="Algebra", uuid="u-1", solution="Add.")
    b = problem("b", source="cn_k12")
    plan = [
        (a, [[WRONG], [RIGHT], [OPEN, judged(0.95)], [OPEN]]),
        (b, [[WRONG, judged(0.2)], [OPEN, judged(0.9)], [WRONG], [WRONG], [RIGHT]]),
        (problem("c", source="olympiads"), [[RIGHT]]),
        (problem("d", source="olympiads"), [[WRONG], [OPEN, judged(0.1)]]),
        (problem("e", OUTPUT, source="olympiads"), [[verdict(1.0, verifier="output@1")]] * 2),
    ]
    rows = [
        Row(problem=problem_, index=index, verdicts=verdicts)
        for problem_, group in plan
        for index, verdicts in enumerate(group)
    ]
    rows[0] = Row(problem=a, index=0, text="<think>open", finish_reason="length", verdicts=[WRONG])
    report = curate([make_run(folder / "run", rows)], "openr1-math", folder / "out")
    return report, folder / "out"


def row_of(out: Path, name: str) -> dict[str, Any]:
    (row,) = pq.read_table(out / name).to_pylist()
    return dict(row)


def test_columns_have_the_published_names_order_and_types(made: tuple[CurationReport, Path]) -> None:
    for name in ("default", "extended"):
        (path,) = (made[1] / name).iterdir()
        assert pq.read_schema(path).equals(SCHEMA)


def test_a_row_is_a_problem_with_its_generations(made: tuple[CurationReport, Path]) -> None:
    row = row_of(made[1], "default")
    assert (row["problem"], row["answer"], row["source"]) == ("What is a? «ß»", "7", "olympiads")
    assert (row["solution"], row["problem_type"], row["question_type"], row["uuid"]) == (
        "Add.",
        "Algebra",
        None,
        "u-1",
    )
    assert row["generations"] == ["<think>open", *(f"<think>try {n}</think>\\boxed{{a/{n}}}" for n in (1, 2))]
    assert row["is_reasoning_complete"] == [False, True, True]
    assert row["correctness_math_verify"] == [False, True, False]
    assert row["correctness_llama"] == [None, None, True]
    assert row["finish_reasons"] == ["length", "stop", "stop"]
    assert row["correctness_count"] == 2
    assert row["messages"] == [
        {"content": "What is a? «ß»", "role": "user"},
        {"content": row["generations"][1], "role": "assistant"},
    ]


def test_of_more_than_four_the_first_and_a_right_one_are_kept(made: tuple[CurationReport, Path]) -> None:
    row = row_of(made[1], "extended")
    assert row["generations"] == [f"<think>try {n}</think>\\boxed{{b/{n}}}" for n in (0, 1, 2, 3)]
    assert row["correctness_llama"] == [False, True, None, None]
    assert row["correctness_count"] == 1


def test_every_problem_that_is_not_there_has_its_reason(made: tuple[CurationReport, Path]) -> None:
    default, extended = (made[0].output(name).problems for name in ("default", "extended"))
    assert default is not None
    assert extended is not None
    assert default.dropped == {"no_completion_left": 2, "too_few_generations": 1, "too_few_right": 1}
    assert extended.dropped == {"no_completion_left": 4}


def test_a_late_right_one_takes_the_seat_of_a_wrong_one(tmp_path: Path) -> None:
    a = problem("a", source="olympiads")
    rows = [Row(problem=a, index=i, verdicts=[RIGHT if i == 5 else WRONG]) for i in range(6)]
    curate([make_run(tmp_path / "run", rows)], "openr1-math", tmp_path / "out")
    row = row_of(tmp_path / "out", "default")
    assert row["correctness_math_verify"] == [False, False, False, True]
    assert row["correctness_llama"] is None


def test_datasets_loads_each_config(made: tuple[CurationReport, Path], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="needs genesys-rl[hub]")
    for name, rows in (("default", 1), ("extended", 1), ("all", 2)):
        found = datasets.load_dataset(str(made[1]), name, cache_dir=str(tmp_path))["train"]
        assert (found.column_names, found.num_rows) == (SCHEMA.names, rows)


def test_a_dual_verifier_says_who_decided(tmp_path: Path) -> None:
    a = problem("a", source="olympiads")
    plan = [(1.0, "math"), (1.0, "judge"), (0.0, "math"), (0.0, "judge")]
    rows = [
        Row(problem=a, index=index, verdicts=[verdict(score, verifier="dual-math@1+abc", decided_by=by)])
        for index, (score, by) in enumerate(plan)
    ]
    curate([make_run(tmp_path / "run", rows)], "openr1-math", tmp_path / "out")
    row = row_of(tmp_path / "out", "default")
    assert row["correctness_math_verify"] == [True, False, False, False]
    assert row["correctness_llama"] == [None, True, None, False]
    assert row["correctness_count"] == 2
