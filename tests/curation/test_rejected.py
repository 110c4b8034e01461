"""Lineage: for each output, every completion is in it or among the rejected, with step and reason."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from curation_runs import Row, make_run, problem, verdict

from genesys.curation import curate


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rejected")
    plan: dict[str, list[float | None]] = {"a": [1.0, 0.0, 0.5, None], "b": [0.0, 0.0], "c": [1.0]}
    rows = [
        Row(problem=problem(name), index=index, verdicts=[verdict(score)])
        for name, scores in plan.items()
        for index, score in enumerate(scores)
    ]
    rows.append(
        Row(problem=problem("a"), index=4, text="<think>try 0</think>\\boxed{a/0}", verdicts=[verdict(1.0)])
    )
    rows.append(Row(problem=problem("b"), index=2))
    curate([make_run(folder / "run", rows)], "synthetic-1", folder / "out", rejected=True)
    return folder / "out"


def test_rejected_rows_have_their_columns_and_the_order_of_outputs_and_places(dataset: Path) -> None:
    table = pq.read_table(dataset / "rejected")
    names = ("response_id", "problem_id", "output", "step", "reason", "detail")
    assert table.schema.equals(pa.schema([(name, pa.string()) for name in names]))
    found = [tuple(row.values()) for row in table.to_pylist()]
    assert found == [
        ("b/2", "b", "raw", "scored", "unscored", None),
        ("a/1", "a", "sft", "threshold", "below_threshold", None),
        ("a/2", "a", "sft", "threshold", "below_threshold", None),
        ("a/3", "a", "sft", "scorable", "unscorable:bad_gold", None),
        ("a/4", "a", "sft", "duplicate", "duplicate", "same text as a/0"),
        ("b/0", "b", "sft", "threshold", "below_threshold", None),
        ("b/1", "b", "sft", "threshold", "below_threshold", None),
        ("b/2", "b", "sft", "scored", "unscored", None),
        ("a/2", "a", "preference", "select:best-worst", "not_selected", None),
        ("a/3", "a", "preference", "scorable", "unscorable:bad_gold", None),
        ("a/4", "a", "preference", "duplicate", "duplicate", "same text as a/0"),
        ("b/0", "b", "preference", "select:best-worst", "none_to_choose", None),
        ("b/1", "b", "preference", "select:best-worst", "none_to_choose", None),
        ("b/2", "b", "preference", "scored", "unscored", None),
        ("c/0", "c", "preference", "select:best-worst", "fewer_than_two_completions", None),
    ]


def test_the_manifest_says_which_steps_there_were_with_their_settings(dataset: Path) -> None:
    manifest = json.loads((dataset / "manifest.json").read_text())
    steps = manifest["outputs"]["preference"]["steps"]
    assert [step["name"] for step in steps] == ["continued", "scored", "scorable", "duplicate", "best-worst"]
    assert steps[-1]["settings"] == {"rejected_below": 0.6}
    assert "rejected/train-00000-of-00001.parquet" in {file["path"] for file in manifest["files"]}


def test_rejected_rows_are_a_config_of_the_card(dataset: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="needs genesys-rl[hub]")
    found = datasets.load_dataset(str(dataset), "rejected", cache_dir=str(tmp_path))["train"]
    assert found.num_rows == 15


def test_they_are_left_out_where_nobody_asks_for_them(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("a"), verdicts=[verdict(1.0)])])
    report = curate([run], "synthetic-1", tmp_path / "out")
    assert report.rejected == ()
    assert not (tmp_path / "out" / "rejected").exists()
    assert "config_name: rejected" not in (tmp_path / "out" / "README.md").read_text()
