"""Truncated completions of a run, continued into rows of their own."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import small_models

from genesys.errors import ConfigurationError, RunMismatch
from genesys.rewards import Grader
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.continuing import Continuation
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.run_yield import run_yield
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling

PROBLEMS, N = "arithmetic:level=0,seed=0,size=5", 2


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose completions never end."""
    return small_models.random_model(tmp_path_factory.mktemp("models") / "endless", ends=False)


def harvest(model: Path, out: Path, **options: Any) -> Progress:
    made = Harvest(
        env_id="genesys/math-v0",
        problems=PROBLEMS,
        sampler=SamplerSettings(
            name="transformers",
            model=str(model),
            sampling=Sampling(max_tokens=6),
            options={"batch_size": 8, "keep_tokens": True, **options},
        ),
        settings=CollectSettings(n=N),
    )
    return asyncio.run(made.run(out))


@pytest.fixture(scope="module")
def harvested(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which everything is truncated."""
    out = tmp_path_factory.mktemp("runs") / "run"
    harvest(model, out)
    return out


@pytest.fixture
def run(harvested: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(harvested, tmp_path / "run"))


def continue_to(max_tokens: int, out: Path, **changes: Any) -> Progress:
    work = Continuation(sampler="transformers", max_tokens=max_tokens, options={"keep_tokens": True})
    work = replace(work, **changes)
    grader = Grader()
    try:
        return asyncio.run(work.run(out, grader))
    finally:
        grader.close()


def rows_of(out: Path) -> dict[str, dict[str, Any]]:
    return {row["response_id"]: row for row in RunReader(out).table("completions").to_pylist()}


def test_every_truncated_completion_gets_a_row_that_points_to_it(run: Path) -> None:
    progress = continue_to(12, run)
    assert (progress.planned, progress.completions, progress.tokens) == (5 * N, 5 * N, 6 * 5 * N)
    rows = rows_of(run)
    children = [row for row in rows.values() if row["parent_id"]]
    assert len(rows) == 20
    assert len({row["parent_id"] for row in children}) == 5 * N
    for child in children:
        parent = rows[child["parent_id"]]
        assert child["text"].startswith(parent["text"])
        assert (child["problem_id"], child["sample_index"]) == (parent["problem_id"], parent["sample_index"])
        assert (parent["completion_tokens"], child["completion_tokens"]) == (6, 12)
        assert json.loads(child["sampling"])["max_tokens"] == 12
        assert json.loads(child["sampling"])["seed"] != json.loads(parent["sampling"])["seed"]
        assert child["token_ids"][:6] == parent["token_ids"]


def test_without_tokens_the_text_is_continued(tmp_path: Path, model: Path) -> None:
    harvest(model, tmp_path / "texts", keep_tokens=False)
    continue_to(80, tmp_path / "texts", options={})
    rows = rows_of(tmp_path / "texts")
    children = [row for row in rows.values() if row["parent_id"]]
    assert len(children) == 5 * N
    assert all(child["text"].startswith(rows[child["parent_id"]]["text"]) for child in children)


def test_continuing_again_does_nothing_and_a_higher_limit_goes_on_from_the_last(run: Path) -> None:
    continue_to(12, run)
    again = continue_to(12, run)
    assert (again.planned, again.before, again.completions) == (10, 10, 0)
    higher = continue_to(20, run)
    assert (higher.completions, higher.tokens) == (10, 8 * 10)
    rows = rows_of(run)
    last = [row for row in rows.values() if row["completion_tokens"] == 20]
    assert all(rows[row["parent_id"]]["completion_tokens"] == 12 for row in last)
    assert run_yield(RunReader(run)).completions == 10


def test_a_part_of_the_continuations_is_resumed_under_the_same_ids(tmp_path: Path, run: Path) -> None:
    pieces_run = Path(shutil.copytree(run, tmp_path / "pieces"))
    continue_to(12, run)
    continue_to(12, pieces_run, settings=CollectSettings(limit=3))
    assert continue_to(12, pieces_run).completions == 7
    whole, pieces = rows_of(run), rows_of(pieces_run)
    assert {name: row["text"] for name, row in whole.items()} == {
        name: row["text"] for name, row in pieces.items()
    }


def test_the_run_itself_goes_on_as_it_was(model: Path, run: Path) -> None:
    continue_to(12, run)
    progress = harvest(model, run)
    assert (progress.before, progress.completions) == (10, 0)


def test_continuations_are_verified(run: Path) -> None:
    assert continue_to(12, run).verified == 10


def test_a_limit_that_is_no_higher_is_refused(run: Path) -> None:
    with pytest.raises(ConfigurationError, match="no more than"):
        continue_to(6, run)


def test_another_model_is_refused(tmp_path: Path, run: Path) -> None:
    other = small_models.random_model(tmp_path / "other", context=128)
    with pytest.raises(RunMismatch, match="model"):
        continue_to(12, run, model=str(other))


def test_a_sampler_that_cannot_continue_says_so(tmp_path: Path, run: Path) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_text('{"problem_id": "p", "llm_response": "x"}\n')
    with pytest.raises(ConfigurationError, match="cannot continue"):
        continue_to(12, run, sampler="recording", model=str(recording), options={})
