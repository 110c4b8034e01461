"""Responses that exist already: which one answers, and what is said where none does."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.errors import ConfigurationError, MalformedRow, SamplerError
from genesys.rollouts.sampler import Sample, SampleRequest, SamplerSettings
from genesys.rollouts.samplers import recording
from genesys.rollouts.samplers.recording import RecordingSampler
from genesys.schema import Sampling
from genesys.testing.samplers import check_sampler

Rows = list[dict[str, Any]]

ROWS: Rows = [
    {"problem_id": "a", "llm_response": "<think>1</think>first", "model_name": "r1"},
    {"problem_id": "b", "llm_response": "only", "model_name": "r1", "finish_reason": "length"},
    {"problem_id": "a", "llm_response": "sécond 😀", "model_name": "r1", "completion_tokens": 7},
    {"problem_id": "a", "llm_response": "", "model_name": "r1", "finish_reason": "eos_token"},
]


def write_jsonl(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_gzip(path: Path, rows: Rows) -> Path:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


def write_parquet(path: Path, rows: Rows) -> Path:
    columns = {column for row in rows for column in row}
    pq.write_table(pa.table({column: [row.get(column) for row in rows] for column in columns}), path)
    return path


def request(problem_id: str, *indices: int) -> SampleRequest:
    return SampleRequest(
        problem_id=problem_id, messages=(), sample_indices=indices, seeds=tuple(0 for _ in indices)
    )


def samples_of(sampler: RecordingSampler, problem_id: str, *indices: int) -> list[Sample]:
    async def take() -> list[Sample]:
        return [sample async for sample in sampler.sample(request(problem_id, *indices))]

    return asyncio.run(take())


@pytest.mark.parametrize("write", [write_jsonl, write_gzip, write_parquet])
def test_the_kth_row_of_a_problem_is_its_sample_k(
    tmp_path: Path, write: Callable[[Path, Rows], Path]
) -> None:
    sampler = RecordingSampler(str(write(tmp_path / "rows", ROWS)), Sampling())
    found = samples_of(sampler, "a", 2, 0, 1)
    assert [(one.sample_index, one.text) for one in found] == [
        (2, ""),
        (0, "<think>1</think>first"),
        (1, "sécond 😀"),
    ]
    assert [one.finish_reason for one in found] == ["stop", "stop", "stop"]
    assert [one.completion_tokens for one in found] == [None, None, 7]
    assert samples_of(sampler, "b", 0)[0].finish_reason == "length"


def test_it_keeps_the_contract(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    check_sampler(RecordingSampler(str(path), Sampling()), [request("a", 0, 1, 2), request("b", 0)])


def test_the_registry_builds_it(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    settings = SamplerSettings(name="recording", model=str(path), sampling=Sampling())
    assert settings.build().model == "r1"


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abc"), st.text(alphabet=st.characters(codec="utf-8"))), max_size=40
    ),
    in_memory=st.sampled_from([1, 100, 10_000]),
)
def test_texts_come_back_as_they_were_also_from_disk(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], in_memory: int
) -> None:
    path = tmp_path_factory.mktemp("recording") / "rows.jsonl"
    write_jsonl(path, [{"problem_id": name, "text": text} for name, text in rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "IN_MEMORY", in_memory)
        sampler = RecordingSampler(str(path), Sampling())
    for name in "abc":
        texts = [text for other, text in rows if other == name]
        assert [one.text for one in samples_of(sampler, name, *range(len(texts)))] == texts


@pytest.mark.parametrize(("problem_id", "index", "held"), [("a", 3, 3), ("never heard of", 0, 0)])
def test_a_sample_that_the_recording_lacks_stops_and_says_what_it_holds(
    tmp_path: Path, problem_id: str, index: int, held: int
) -> None:
    sampler = RecordingSampler(str(write_jsonl(tmp_path / "rows.jsonl", ROWS)), Sampling())
    with pytest.raises(SamplerError, match=f"holds {held} responses to the problem '{problem_id}'"):
        samples_of(sampler, problem_id, index)


def test_a_lacking_sample_can_be_marked_instead(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    found = samples_of(RecordingSampler(str(path), Sampling(), missing="mark"), "a", 1, 9)
    assert [(one.sample_index, one.finish_reason) for one in found] == [(1, "stop"), (9, "error")]
    assert found[1].text == ""


def test_an_unknown_way_with_missing_samples_is_refused(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    with pytest.raises(ConfigurationError, match="'perhaps'"):
        RecordingSampler(str(path), Sampling(), missing="perhaps")  # type: ignore[arg-type]  # the point


def test_the_model_is_the_rows_or_the_label_or_the_file(tmp_path: Path) -> None:
    path = str(write_jsonl(tmp_path / "rows.jsonl", ROWS))
    unnamed = str(write_jsonl(tmp_path / "unnamed.jsonl", [{"problem_id": "a", "text": "x"}]))
    mixed = str(write_jsonl(tmp_path / "mixed.jsonl", [*ROWS, {**ROWS[0], "model_name": "qwen"}]))
    assert RecordingSampler(path, Sampling()).model == "r1"
    assert RecordingSampler(path, Sampling(), label="mine").model == "mine"
    assert RecordingSampler(unnamed, Sampling()).model == "unnamed.jsonl"
    assert RecordingSampler(mixed, Sampling(), label="both").model == "both"
    with pytest.raises(ConfigurationError, match=r"2 models: qwen, r1\n.*label"):
        RecordingSampler(mixed, Sampling())


def test_the_revision_follows_the_bytes(tmp_path: Path) -> None:
    first = RecordingSampler(str(write_jsonl(tmp_path / "a.jsonl", ROWS)), Sampling())
    same = RecordingSampler(str(write_jsonl(tmp_path / "b.jsonl", ROWS)), Sampling())
    other = RecordingSampler(str(write_jsonl(tmp_path / "c.jsonl", ROWS[:3])), Sampling())
    assert first.model_revision == same.model_revision != other.model_revision


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"llm_response": "x"}, "problem_id must be text"),
        ({"problem_id": "a"}, "llm_response"),
        ({"problem_id": "a", "text": 5}, "llm_response"),
        ({"problem_id": "a", "text": "x", "finish_reason": "bored"}, "'bored'"),
        ({"problem_id": "a", "text": "x", "completion_tokens": -3}, "completion_tokens"),
        ({"problem_id": "a", "text": "x", "completion_tokens": 2.5}, "completion_tokens"),
    ],
)
def test_a_malformed_row_is_named_by_line_or_counted(tmp_path: Path, row: dict[str, Any], fault: str) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", [ROWS[0], row, ROWS[2]])
    with pytest.raises(MalformedRow, match=rf"rows\.jsonl:2: .*{fault}"):
        RecordingSampler(str(path), Sampling())
    patient = RecordingSampler(str(path), Sampling(), skip_malformed=True)
    assert patient.skipped == 1
    assert len(samples_of(patient, "a", 0, 1)) == 2


def test_a_missing_number_from_pandas_is_unknown(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "rows", [{"problem_id": "a", "text": "x", "completion_tokens": float("nan")}]
    )
    assert samples_of(RecordingSampler(str(path), Sampling()), "a", 0)[0].completion_tokens is None


def test_a_closed_recording_says_so(tmp_path: Path) -> None:
    sampler = RecordingSampler(str(write_jsonl(tmp_path / "rows.jsonl", ROWS)), Sampling())
    asyncio.run(sampler.aclose())
    with pytest.raises(SamplerError, match="closed"):
        samples_of(sampler, "a", 0)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        RecordingSampler(str(tmp_path / "nowhere.jsonl"), Sampling())
