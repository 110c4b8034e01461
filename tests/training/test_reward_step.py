"""The reward in real steps of TRL's trainers, and its floats at every door."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

from odd_verifiers import OddVerifier
from reward_doors import (
    Case,
    distinct,
    through_async_worker,
    through_collector,
    through_grpo,
    through_score,
)
from runs import make_problem
from torch import get_num_threads, set_num_threads

from genesys.envs.sources import open_problems
from genesys.rewards.gold import gold_answer, near_miss
from genesys.training import reward


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    threads = get_num_threads()
    set_num_threads(1)
    yield
    set_num_threads(threads)


def cases() -> list[Case]:
    """Right, wrong, unfinished and empty answers of three kinds of problem."""
    found: list[Case] = []
    for source in ("algebra:level=1", "string-programs:level=2"):
        for problem in list(open_problems(source))[:3]:
            answers = [gold_answer(problem), near_miss(problem), f"<think>{gold_answer(problem)}", "no idea"]
            found += [(problem, text) for text in answers if text is not None]
    code = [one for one in open_problems("code-problems") if one.verification_info["language"] == "python"]
    found += [(one, text) for one in code[:2] for text in (gold_answer(one), near_miss(one)) if text]
    return distinct(found[: len(found) // 4 * 4])


def bits(scores: list[float | None], single: bool = False) -> list[bytes]:
    form = "<f" if single else "<d"
    return [b"" if score is None or score != score else struct.pack(form, score) for score in scores]  # noqa: PLR0124  # TRL's log holds NaN


@pytest.mark.slow
def test_every_door_gives_the_same_float(tmp_path: Path) -> None:
    chosen = cases()
    returned, logged = through_grpo(chosen, reward(), tmp_path, rows_a_step=len(chosen))
    assert {0.0, 1.0} <= set(returned)
    assert bits(logged, single=True) == bits(returned, single=True)
    assert bits(through_async_worker(chosen, pickle.dumps(reward()), tmp_path)) == bits(returned)
    assert bits(through_collector(chosen, tmp_path)) == bits(returned)
    assert bits(through_score(chosen, tmp_path)) == bits(returned)


def test_unscorable_completions_change_no_advantage(tmp_path: Path) -> None:
    """A group of four with an unscorable one has the advantages of the other three by themselves."""
    import pyarrow.parquet as pq

    texts = ["42", "41", "raise", "42", "41", "42", "42", "raise"]
    chosen = distinct([(make_problem(0), text) for text in texts])
    returned, _ = through_grpo(
        chosen,
        reward(verifier=OddVerifier()),
        tmp_path,
        rows_a_step=8,
        group=4,
        step_settings={"scale_rewards": "none"},
    )
    assert returned == [1.0, 0.0, None, 1.0, 0.0, 1.0, 1.0, None]
    (file,) = (tmp_path / "grpo" / "completions").glob("*.parquet")
    third = 1 / 3
    expected = [third, -2 * third, 0.0, third, -2 * third, third, third, 0.0]
    assert pq.read_table(file).column("advantage").to_pylist() == pytest.approx(expected, abs=1e-6)


def test_a_slow_a_hanging_and_an_unscorable_problem_neither_stall_nor_end_training(tmp_path: Path) -> None:
    texts = ["42", "burn", "nap 0.3", "raise", "crash", "41", "42", "41"]
    chosen = distinct([(make_problem(number), text) for number, text in enumerate(texts)])
    returned, logged = through_grpo(chosen, reward(verifier=OddVerifier()), tmp_path, rows_a_step=4)
    assert returned == [1.0, 0.0, 1.0, None, 0.0, 0.0, 1.0, 0.0]
    assert bits(logged, single=True) == bits(returned, single=True)
