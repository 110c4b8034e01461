"""Datasets: prompts of environments, and what curation wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

datasets = pytest.importorskip("datasets")
pytest.importorskip("duckdb")

import gymnasium
import pyarrow as pa
import pyarrow.parquet as pq
from code_problems_for_tests import code_problem, stdin_cases
from curation_runs import CODE, Row, make_run, problem, verdict
from runs import make_problem

import genesys
from genesys.curation import curate
from genesys.envs.sources.listed import ListedProblems
from genesys.errors import ConfigurationError, DataError
from genesys.schema import Problem
from genesys.training import preference_dataset, prompt_dataset, prompt_stream, reward, sft_dataset
from genesys.training.prompt_data import problem_of


def listed(*problems: Problem) -> ListedProblems:
    return ListedProblems(name="test", version="1", problems=problems)


def test_prompts_are_what_the_environment_puts_to_a_model() -> None:
    assert genesys.__version__
    env = gymnasium.make("genesys/math-v0")
    dataset = prompt_dataset(env, limit=5)
    assert (dataset.column_names, len(dataset)) == (["prompt", "problem"], 5)
    inner: Any = env.unwrapped
    for row, one in zip(dataset, inner.problems, strict=False):
        assert row["prompt"] == inner.messages(one)
        assert problem_of(row["problem"]) == one
    assert prompt_dataset("genesys/math-v0", limit=5)["problem"] == dataset["problem"]


def test_a_stream_gives_the_same_rows() -> None:
    rows = list(prompt_stream("genesys/math-v0", limit=3))
    assert rows == list(prompt_dataset("genesys/math-v0", limit=3))


def test_the_reward_reads_the_dataset() -> None:
    env = gymnasium.make("genesys/math-v0")
    dataset = prompt_dataset(env, limit=3)
    inner: Any = env.unwrapped
    answers = [f"\\boxed{{{one.verification_info['ground_truth']}}}" for one in list(inner.problems)[:3]]
    batch = {"prompts": dataset["prompt"], "completions": answers, "problem": dataset["problem"]}
    assert reward()(**batch) == [1.0] * 3


def test_bad_golds_and_tests_that_could_be_deceived_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    problems = listed(make_problem(0), make_problem(1, gold=""), make_problem(2))
    env = gymnasium.make("genesys/math-v0", problems=problems)
    assert len(prompt_dataset(env)) == 2
    assert "{'bad_gold': 1}" in caplog.text
    assert len(prompt_dataset(env, skip_bad_golds=False)) == 3
    harness = code_problem("python", [{"type": "harness", "code": "assert f(1) == 1"}])
    apart = code_problem("python", stdin_cases(("1", "1")))
    env = gymnasium.make("genesys/code-v0", problems=listed(harness, apart))
    assert [problem_of(cell) for cell in prompt_dataset(env, skip_bad_golds=False)["problem"]] == [apart]


def test_no_problem_left_is_an_error() -> None:
    env = gymnasium.make("genesys/math-v0", problems=listed(make_problem(1, gold="")))
    with pytest.raises(DataError, match="bad_gold"):
        prompt_dataset(env)


def test_an_environment_without_problems_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no 'problems'"):
        prompt_dataset(gymnasium.make("CartPole-v1"))


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curated")
    rows = [
        Row(
            problem=problem(name),
            index=index,
            verdicts=[verdict(score)],
            text=f"<think>{name}</think>{score}",
        )
        for name in ("a", "b", "c")
        for index, score in enumerate((1.0, 0.0))
    ]
    curate([make_run(folder / "run", rows)], "synthetic-1", folder / "out")
    return folder


def test_sft_is_prompt_and_completion_as_messages(curated: Path) -> None:
    dataset = sft_dataset(curated / "out")
    assert (dataset.column_names, len(dataset)) == (["prompt", "completion"], 3)
    row = dataset[0]
    assert [turn["role"] for turn in row["prompt"]] == ["user"]
    assert row["completion"] == [{"content": "<think>a</think>1.0", "role": "assistant"}]
    assert sft_dataset(curated / "out" / "sft")[:] == dataset[:]
    (file,) = (curated / "out" / "sft").glob("*.parquet")
    assert sft_dataset(file)[:] == dataset[:]


def test_preferences_are_trls_explicit_form(curated: Path) -> None:
    dataset = preference_dataset(curated / "out")
    assert (dataset.column_names, len(dataset)) == (["prompt", "chosen", "rejected"], 3)
    assert dataset[1]["chosen"][0]["content"] == "<think>b</think>1.0"
    assert dataset[1]["rejected"][0]["content"] == "<think>b</think>0.0"


def test_wrong_folders_are_clear_errors(curated: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a run, not a dataset"):
        sft_dataset(curated / "run")
    with pytest.raises(ConfigurationError, match="there is no"):
        sft_dataset(tmp_path / "none")
    with pytest.raises(ConfigurationError, match="no Parquet files"):
        sft_dataset(tmp_path)
    with pytest.raises(DataError, match="lacks the columns messages"):
        sft_dataset(curated / "out" / "preference")
    (tmp_path / "odd.parquet").write_text("no Parquet")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        sft_dataset(tmp_path / "odd.parquet")


def test_an_output_without_rows_says_so(tmp_path: Path) -> None:
    rows = [Row(problem=problem("a", CODE), verdicts=[verdict(0.0, verifier="code@1")])]
    curate([make_run(tmp_path / "run", rows)], "synthetic-1", tmp_path / "out")
    with pytest.raises(DataError, match="holds no row for sft"):
        sft_dataset(tmp_path / "out")


def test_a_conversation_must_end_with_the_assistant(tmp_path: Path) -> None:
    turns = [[{"role": "user", "content": "?"}]]
    pq.write_table(pa.table({"messages": turns}), tmp_path / "odd.parquet")
    with pytest.raises(DataError, match="does not end with the assistant"):
        sft_dataset(tmp_path / "odd.parquet")
