"""Published responses, imported, verified anew and curated by both recipes: every row is accounted for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command_line import genesys

from genesys.curation import recipe_names
from genesys.curation.recipe_file import load_recipe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = sorted((shared / "data" / "real" / "responses").glob("*.jsonl.gz"))
    folder = tmp_path_factory.mktemp("real") / "run"
    for done in (
        genesys("import", *files, "--out", folder),
        genesys("score", folder, "--answer-format", "bare"),
    ):
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module", params=recipe_names())
def made(request: pytest.FixtureRequest, run: Path) -> tuple[dict[str, Any], Path]:
    out = run.parent / request.param
    done = genesys("curate", run, "--recipe", request.param, "--out", out, "--rejected", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), out


def test_in_is_kept_and_dropped_by_reason_to_the_row(made: tuple[dict[str, Any], Path], run: Path) -> None:
    report, out = made
    completions = pq.read_table(run / "completions", columns=["response_id"]).column(0).to_pylist()
    assert report["completions"] == len(set(completions)) == 12216
    rejected = pq.read_table(out / "rejected").to_pylist()
    for output in report["outputs"]:
        tally, problems = output["completions"], output["problems"]
        assert tally["read"] == tally["kept"] + sum(tally["dropped"].values()) == 12216
        gone = {row["response_id"] for row in rejected if row["output"] == output["name"]}
        assert gone <= set(completions)
        if problems is None:
            there = pq.read_table(out / output["name"], columns=["response_id"]).column(0).to_pylist()
            assert sorted([*there, *gone]) == sorted(completions)
        else:
            assert (
                problems["read"] == problems["kept"] + sum(problems["dropped"].values()) == report["problems"]
            )
            assert problems["kept"] == output["rows"] == pq.read_table(out / output["name"]).num_rows


def test_every_output_with_rows_is_loaded_by_its_name(
    made: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets", reason="needs genesys-rl[hub]")
    report, out = made
    layouts = {output.name: output.layout for output in load_recipe(report["recipe"]).outputs}
    for output in report["outputs"]:
        if output["rows"]:
            loaded = datasets.load_dataset(str(out), output["name"], cache_dir=str(tmp_path))["train"]
            assert loaded.num_rows == output["rows"]
            assert loaded.column_names == layouts[output["name"]].schema.names
