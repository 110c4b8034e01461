"""pass@k: unbiased, with an interval over problems, per source; `genesys eval` from sampling to figures."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import PROBLEMS, genesys
from curation_runs import Row, make_run, problem, verdict
from hypothesis import given
from hypothesis import strategies as st
from recordings import write_recording

from genesys.cli.evaluate import _named_key, evaluate
from genesys.errors import ConfigurationError
from genesys.training.pass_at_k import ALL, bootstrap, evaluate_run, pass_at_k


@given(st.integers(1, 9), st.data())
def test_the_estimate_is_the_share_of_all_choices(scored: int, data: st.DataObject) -> None:
    passed, k = data.draw(st.integers(0, scored)), data.draw(st.integers(1, scored))
    choices = list(combinations(range(scored), k))
    lucky = sum(any(place < passed for place in choice) for choice in choices)
    assert pass_at_k(scored, passed, k) == pytest.approx(lucky / len(choices))


def test_large_numbers_neither_overflow_nor_cancel() -> None:
    assert pass_at_k(100_000, 1, 10) == pytest.approx(1e-4, rel=1e-9)
    assert pass_at_k(1000, 999, 2) == 1.0


@pytest.mark.parametrize(("scored", "passed", "k"), [(2, 1, 3), (2, 3, 1), (2, 1, 0)])
def test_what_is_not_defined_is_refused(scored: int, passed: int, k: int) -> None:
    with pytest.raises(ConfigurationError, match="not defined"):
        pass_at_k(scored, passed, k)


def test_the_interval_is_that_of_the_mean_and_repeats() -> None:
    values = np.array([0.0] * 120 + [1.0] * 280)
    low, high = bootstrap(values, seed=1)
    error = 1.96 * np.sqrt(0.7 * 0.3 / 400)
    assert (low, high) == pytest.approx((0.7 - error, 0.7 + error), abs=0.005)
    assert bootstrap(values, seed=1) == (low, high)
    assert bootstrap(np.ones(5), seed=0) == (1.0, 1.0)


def test_sources_are_told_apart_and_unscorable_completions_do_not_count(tmp_path: Path) -> None:
    first, second = problem("a"), replace(problem("b"), source="other")
    rows = [
        Row(problem=first, index=0, verdicts=[verdict(1.0)]),
        Row(problem=first, index=1, verdicts=[verdict(0.0)]),
        Row(problem=first, index=2, verdicts=[verdict(None)]),
        Row(problem=second, index=0, verdicts=[verdict(1.0)], finish_reason="length"),
    ]
    found = evaluate_run(make_run(tmp_path / "run", rows), [1, 2])
    by_source = {
        source: {figure.k: (figure.value, figure.problems, figure.too_few) for figure in figures}
        for source, figures in found.sources.items()
    }
    assert by_source[ALL] == {1: (0.75, 2, 0), 2: (1.0, 1, 1)}
    assert by_source[first.source] == {1: (0.5, 1, 0), 2: (1.0, 1, 0)}
    assert (found.completions, found.unscored, found.truncated) == (3, 1, 1)


def test_eval_samples_scores_and_evaluates_and_goes_on_with_the_same_run(tmp_path: Path) -> None:
    write_recording(tmp_path / "recording.jsonl", PROBLEMS, 2)
    sampled = [
        "eval", "--env", "genesys/math-v0", "--problems", PROBLEMS, "--sampler", "recording",
        "--model", tmp_path / "recording.jsonl", "--out", tmp_path / "run", "--k", "1,2", "--json",
    ]  # fmt: skip
    done = genesys(*sampled)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)
    assert [figure["k"] for figure in first["sources"]["arithmetic"]] == [1, 2]
    assert first["completions"] == 40
    again = json.loads(genesys("eval", tmp_path / "run", "--k", "2,1", "--json").stdout)
    assert again["sources"] == first["sources"]


RUN = Path("run")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"run": RUN, "model": "m"}, "--model is for sampling"),
        ({"run": RUN, "answer_format": "bare"}, "--answer-format is for sampling"),
        ({"run": RUN, "k": "x"}, "--k 'x'"),
        ({"run": Path("nowhere")}, "run.json"),
    ],
)
def test_wrong_usage_of_eval_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        evaluate(**given)


def test_wrong_usage_of_eval_is_one_clear_error() -> None:
    done = genesys("eval", "--k", "1")
    assert done.returncode == 2
    assert "--out is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_several_verifiers_have_is_refused(tmp_path: Path) -> None:
    both = [verdict(1.0), replace(verdict(0.0), verifier="math@1+abc")]
    run = make_run(tmp_path / "run", [Row(problem=problem("a"), verdicts=both)])
    with pytest.raises(ConfigurationError, match="names several"):
        _named_key(run, "math")
    assert _named_key(run, "math@1") == "math@1"
    assert _named_key(run, "math@1+abc") == "math@1+abc"
