"""What a run yielded, by numbers that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import commit, make_completion, make_identity, make_problem

from genesys.errors import ConfigurationError
from genesys.rollouts.budgets import Prices, Spent, spent_by
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.run_summary import summarise
from genesys.rollouts.run_yield import RunYield, run_yield
from genesys.schema import Verdict


@pytest.fixture
def run(tmp_path: Path) -> RunReader:
    """Four first completions of 1,000, 5,000, 9,000 and 12,000 tokens; the last one continued to 15,000."""
    problem = make_problem(1)
    right = Verdict(score=1.0, verifier="math@1")
    wrong = Verdict(score=0.0, cause="wrong_answer", verifier="math@1")
    truncated = Verdict(score=0.0, cause="truncated", verifier="math@1")
    rows = [
        (1000, "stop", right, 0.0),
        (5000, "stop", right, 1800.0),
        (9000, "repetition", wrong, 1800.0),
        (12_000, "length", truncated, 1800.0),
    ]
    with RunFolder(tmp_path / "run", make_identity()) as folder:
        for index, (tokens, reason, verdict, start) in enumerate(rows):
            completion = make_completion(
                problem,
                index,
                text=f"{index} \\boxed{{42}}",
                completion_tokens=tokens,
                prompt_tokens=100,
                finish_reason=reason,
                started_at=1000.0 + start,
                seconds=1800.0,
            )
            commit(folder, problem, completion, verdict)
        child = make_completion(
            problem,
            3,
            text="whole \\boxed{42}",
            response_id="child",
            parent_id=completion.response_id,
            completion_tokens=15_000,
            prompt_tokens=100,
            started_at=100_000.0,
            seconds=3600.0,
        )
        commit(folder, problem, child, right)
    return RunReader(tmp_path / "run")


def test_a_continued_completion_counts_by_its_continuation(run: RunReader) -> None:
    found = run_yield(run)
    assert (found.completions, found.superseded, found.right) == (4, 1, 3)
    assert found.finish_reasons == {"stop": 3, "repetition": 1}
    assert found.tokens == 1000 + 5000 + 9000 + 15_000


def test_limits_keep_what_fits_and_cost_what_is_sampled_up_to_them(run: RunReader) -> None:
    by_limit = {one.limit: (one.right, one.tokens) for one in run_yield(run).limits}
    assert by_limit == {
        4096: (1, 1000 + 3 * 4096),
        8192: (2, 1000 + 5000 + 2 * 8192),
        12_288: (2, 1000 + 5000 + 9000 + 12_288),
        16_384: (3, 30_000),
    }


def test_hours_are_those_in_which_something_was_sampled(run: RunReader) -> None:
    found = run_yield(run, gpus=2)
    assert found.hours == pytest.approx(2.0)  # two half hours, a pause, an hour; overlaps count once
    assert found.right_per_hour == pytest.approx(1.5)
    assert found.right_per_gpu_hour == pytest.approx(0.75)
    assert found.tokens_per_right == 10_000


def test_cost_is_of_tokens_and_of_gpu_hours(run: RunReader) -> None:
    found = run_yield(run, gpus=8, prices=Prices(prompt=1.0, completion=2.0), gpu_hour_price=3.0)
    assert found.cost == pytest.approx(500 / 1e6 + 2 * 30_000 / 1e6 + 2.0 * 8 * 3.0)
    assert run_yield(run).cost is None


def test_what_a_run_spent_counts_no_token_twice(run: RunReader) -> None:
    assert spent_by(run) == Spent(completions=5, prompt_tokens=500, tokens=30_000)
    assert summarise(run).tokens == 30_000


def test_an_empty_run_yields_nothing_and_divides_by_nothing(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run", make_identity()).close()
    found = run_yield(RunReader(tmp_path / "run"))
    assert (found.completions, found.hours, found.tokens_per_right) == (0, None, None)
    assert found.to_json()["truncated_share"] == 0.0


def test_no_gpus_are_refused(run: RunReader) -> None:
    with pytest.raises(ConfigurationError):
        run_yield(run, gpus=0)


def test_a_yield_is_json(run: RunReader) -> None:
    import json

    assert json.loads(json.dumps(run_yield(run).to_json()))["right"] == 3
    assert RunYield().right_per_gpu_hour is None
