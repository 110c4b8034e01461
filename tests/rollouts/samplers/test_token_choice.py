"""Tokens are drawn from the distribution that the settings name, and from no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genesys.rollouts.samplers.token_choice import CANDIDATES, RowRandom, choose
from genesys.schema import Sampling

DRAWS = 4000

SETTINGS = st.fixed_dictionaries(
    {
        "temperature": st.sampled_from([0.3, 0.6, 1.0, 2.0]),
        "top_p": st.sampled_from([0.1, 0.5, 0.9, 0.95, 1.0]),
        "top_k": st.sampled_from([0, 1, 3, 10]),
    }
)


Row = npt.NDArray[np.float64]


def wanted_distribution(logits: Row, sampling: Sampling) -> Row:
    """The definition, one row, written for reading: temperature, then top_k, then top_p."""
    weights = np.exp((logits - logits.max()) / sampling.temperature)
    order = np.argsort(-weights, kind="stable")
    if sampling.top_k:
        order = order[: sampling.top_k]
    shares = weights[order] / weights[order].sum()
    kept = int(np.searchsorted(np.cumsum(shares), sampling.top_p * (1 - 1e-9))) + 1
    wanted: Row = np.zeros_like(weights)
    wanted[order[:kept]] = shares[:kept] / shares[:kept].sum()
    return wanted


def drawn_shares(logits: Row, sampling: Sampling) -> Row:
    """Shares of the tokens over evenly spread uniform numbers."""
    rows = torch.tensor(logits, dtype=torch.float32).expand(DRAWS, -1)
    uniforms = (torch.arange(DRAWS, dtype=torch.float64) + 0.5) / DRAWS
    shares: Row = np.bincount(choose(rows, uniforms, sampling).numpy(), minlength=len(logits)) / DRAWS
    return shares


@given(logits=st.lists(st.floats(-6, 6, width=16), min_size=2, max_size=30, unique=True), settings=SETTINGS)
def test_shares_are_those_of_the_definition(logits: list[float], settings: dict[str, Any]) -> None:
    sampling, row = Sampling(**settings), np.array(logits)
    wanted = wanted_distribution(row, sampling)
    assert drawn_shares(row, sampling) == pytest.approx(wanted, abs=2 / DRAWS + 1e-5)


def test_a_nucleus_wider_than_the_candidates_is_found_by_sorting() -> None:
    row = np.random.default_rng(0).normal(0, 0.1, size=3 * CANDIDATES)
    sampling = Sampling(top_p=0.9)
    wanted = wanted_distribution(row, sampling)
    assert (wanted > 0).sum() > CANDIDATES
    uniforms = torch.linspace(0, 1, 5000, dtype=torch.float64)[:-1]
    tokens = choose(torch.tensor(row, dtype=torch.float32).expand(len(uniforms), -1), uniforms, sampling)
    assert set(tokens.tolist()) <= set(np.flatnonzero(wanted).tolist())
    assert len(set(tokens.tolist())) > CANDIDATES


def test_a_flat_row_beside_a_steep_one_changes_neither() -> None:
    rng = np.random.default_rng(1)
    flat = torch.tensor(rng.normal(0, 0.1, size=3 * CANDIDATES), dtype=torch.float32)
    steep = torch.tensor(rng.normal(0, 9.0, size=3 * CANDIDATES), dtype=torch.float32)
    sampling, uniform = Sampling(top_p=0.95), torch.tensor([0.7], dtype=torch.float64)
    apart = [choose(row[None], uniform, sampling).item() for row in (flat, steep)]
    together = choose(torch.stack([flat, steep]), uniform.expand(2), sampling)
    assert together.tolist() == apart


def test_greedy_takes_the_first_of_the_best() -> None:
    rows = torch.tensor([[1.0, 3.0, 3.0], [5.0, 5.0, 5.0]])
    assert choose(rows, None, Sampling(temperature=0.0)).tolist() == [1, 0]


@pytest.mark.parametrize("uniform", [0.0, 1.0 - 2**-53])
def test_the_ends_of_the_interval_draw_tokens_that_can_be(uniform: float) -> None:
    row = torch.tensor([[-torch.inf, 0.0, 1.0, -torch.inf]])
    token = choose(row, torch.tensor([uniform], dtype=torch.float64), Sampling()).item()
    assert token == (1 if uniform == 0.0 else 2)


def test_a_rows_numbers_are_its_seeds_alone() -> None:
    few = RowRandom([5], torch.device("cpu"))
    many = RowRandom([9, None, 5, 2**31 - 1], torch.device("cpu"))
    for _ in range(600):  # over the border of two draws
        assert few.next()[0] == many.next()[2]


def test_different_seeds_give_different_numbers_in_the_unit_interval() -> None:
    streams = RowRandom(list(range(64)), torch.device("cpu"))
    numbers = torch.stack([streams.next() for _ in range(500)])
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert len(set(numbers.flatten().tolist())) == numbers.numel()
    assert numbers.mean().item() == pytest.approx(0.5, abs=0.01)
