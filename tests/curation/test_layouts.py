"""The published columns, exactly, and what stands in them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from curation_runs import OUTPUT, Row, make_run, problem, verdict

from genesys.curation import curate
from genesys.curation.out_folder import MANIFEST

MESSAGES = pa.list_(pa.struct([("content", pa.string()), ("role", pa.string())]))
TEXT = pa.string()
SCHEMAS = {
    "raw": pa.schema(
        [
            *((name, TEXT) for name in ("response_id", "problem_id", "source", "in_source_id")),
            *((name, TEXT) for name in ("hf_dataset_name", "task_type", "prompt", "gold_standard_solution")),
            ("llm_response", TEXT),
            ("verification_info", TEXT),
            ("score", pa.float64()),
            ("verification_result_info", TEXT),
            ("metadata", TEXT),
        ]
    ),
    "sft": pa.schema(
        [
            *((name, TEXT) for name in ("response_id", "problem_id", "task_type")),
            ("score", pa.float64()),
            ("messages", MESSAGES),
        ]
    ),
    "preference": pa.schema(
        [
            *((name, MESSAGES) for name in ("prompt", "chosen", "rejected")),
            *((name, TEXT) for name in ("problem_id", "task_type")),
            *((name, TEXT) for name in ("chosen_response_id", "rejected_response_id")),
            ("score_chosen", pa.float64()),
            ("score_rejected", pa.float64()),
        ]
    ),
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layouts")
    rich = problem("a", hf_dataset_name="somebody/maths", model="not ours", level=3)
    rows = [
        Row(problem=rich, index=0, verdicts=[verdict(1.0, extracted="42")]),
        Row(problem=rich, index=1, verdicts=[verdict(0.0, "no_answer", tried="boxed")]),
        Row(problem=rich, index=2, verdicts=[verdict(None, "needs_judge")]),
        Row(problem=problem("b", OUTPUT), verdicts=[verdict(1.0, verifier="output@1")]),
    ]
    curate([make_run(folder / "run", rows)], "synthetic-1", folder / "out")
    return folder / "out"


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns_have_the_published_names_order_and_types(dataset: Path, name: str) -> None:
    (path,) = (dataset / name).iterdir()
    assert pq.read_schema(path).equals(SCHEMAS[name])
    assert path.name == "train-00000-of-00001.parquet"
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_empty_outputs_have_their_columns_too(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("a"), verdicts=[verdict(0.0)])])
    curate([run], "synthetic-1", tmp_path / "out")
    for name in ("sft", "preference"):
        table = pq.read_table(tmp_path / "out" / name)
        assert table.num_rows == 0
        assert table.schema.equals(SCHEMAS[name])


def test_raw_has_the_verdict_and_where_the_row_comes_from(dataset: Path) -> None:
    right, wrong, unscorable, other = pq.read_table(dataset / "raw").to_pylist()
    assert [row["score"] for row in (right, wrong, unscorable, other)] == [1.0, 0.0, None, 1.0]
    assert json.loads(right["verification_result_info"]) == {"extracted": "42"}
    assert json.loads(wrong["verification_result_info"]) == {"failure_reason": "no_answer", "tried": "boxed"}
    assert json.loads(unscorable["verification_result_info"]) == {"failure_reason": "needs_judge"}
    assert (right["hf_dataset_name"], other["hf_dataset_name"]) == ("somebody/maths", None)
    assert json.loads(right["verification_info"]) == {"ground_truth": "42"}
    metadata = json.loads(right["metadata"])
    assert (metadata["level"], metadata["model"], metadata["verifier"]) == (3, "tiny", "math@1")
    assert metadata["problem_metadata"] == {"model": "not ours"}
    assert metadata["sampling"]["max_tokens"] == 64
    assert "problem_metadata" not in json.loads(other["metadata"])


def test_sft_messages_are_those_of_the_run_and_the_whole_text(dataset: Path) -> None:
    first = pq.read_table(dataset / "sft").to_pylist()[0]
    assert first["messages"] == [
        {"content": "What is a? «ß»", "role": "user"},
        {"content": "<think>try 0</think>\\boxed{a/0}", "role": "assistant"},
    ]


def test_datasets_reads_files_and_configs(dataset: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="needs genesys-rl[hub]")
    for name, schema in SCHEMAS.items():
        rows = pq.read_table(dataset / name).to_pylist()
        files = str(dataset / name / "*.parquet")
        by_file = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))["train"]
        by_config = datasets.load_dataset(str(dataset), name, cache_dir=str(tmp_path))["train"]
        assert by_file.column_names == by_config.column_names == schema.names
        assert by_file.to_list() == by_config.to_list() == rows


def test_the_manifest_lists_every_other_file_by_digest(dataset: Path) -> None:
    from hashlib import sha256

    manifest = json.loads((dataset / MANIFEST).read_text())
    found = {path.relative_to(dataset).as_posix() for path in dataset.rglob("*") if path.is_file()}
    assert {file["path"] for file in manifest["files"]} == found - {MANIFEST}
    for file in manifest["files"]:
        assert sha256((dataset / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    assert manifest["pyarrow"] == pa.__version__
    assert manifest["outputs"]["sft"]["rows"] == 2


def test_the_card_says_what_is_inside(dataset: Path) -> None:
    card = (dataset / "README.md").read_text()
    for words in (
        "config_name: preference",
        "| dropped: `unscorable:needs_judge` | 1 |",
        "| source-of-verifiable_math | verifiable_math | `no_answer` | 1 |",
        "| source-of-verifiable_math | verifiable_math | 3 | 50.0 % | 1 | 1 | 1 | 0 |",
        "| verifiable_math | 1.0 | `math@1` |",
        "`tiny` at `abc`",
        "`plain@1`",
        "genesys curate run --verifier math@1 --verifier output@1 --recipe recipe.toml",
        "## Licence",
    ):
        assert words in card
    assert str(dataset.parent) not in card + (dataset / MANIFEST).read_text()
