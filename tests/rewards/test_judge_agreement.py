"""Statistics of a judge against labels, against figures worked out elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.rewards.judge_agreement import Confusion, Estimate, correlation, length_correlation, mean


def confusion(both: int, label: int, judge: int, neither: int) -> Confusion:
    return Confusion(
        {(True, True): both, (True, False): label, (False, True): judge, (False, False): neither}
    )


def test_kappa_of_a_worked_example() -> None:
    kappa = confusion(20, 5, 10, 15).kappa()  # agreement 0.7, by chance 0.5
    assert kappa.value == pytest.approx(0.4)
    assert kappa.low is not None and kappa.high is not None
    # Fleiss, Cohen and Everitt's large-sample standard error is 0.127
    assert (kappa.low, kappa.high) == pytest.approx((0.4 - 1.96 * 0.127, 0.4 + 1.96 * 0.127), abs=0.03)


def test_kappa_at_its_ends() -> None:
    assert confusion(30, 0, 0, 20).kappa().value == 1.0
    assert confusion(25, 25, 25, 25).kappa().value == pytest.approx(0.0)
    assert confusion(0, 10, 10, 0).kappa().value == pytest.approx(-1.0)
    assert confusion(10, 0, 0, 0).kappa() == Estimate()  # all of one kind: chance alone agrees as well
    assert confusion(0, 0, 0, 0).kappa() == Estimate()


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4))
def test_kappa_lies_in_its_interval_and_between_its_bounds(counts: list[int]) -> None:
    kappa = confusion(*counts).kappa()
    if kappa.value is not None and kappa.low is not None and kappa.high is not None:
        assert -1 <= kappa.low <= kappa.high <= 1
        assert -1 <= kappa.value <= 1


def test_rank_correlation_with_ties() -> None:
    # scipy.stats.spearmanr([1, 2, 2, 4, 5], [3, 1, 4, 4, 9]) = 0.7632
    assert correlation([1, 2, 2, 4, 5], [3, 1, 4, 4, 9]).value == pytest.approx(0.7632, abs=1e-4)
    assert correlation([1, 2, 3], [5, 5, 5]) == Estimate()


def test_a_correlation_that_only_the_label_makes_is_none() -> None:
    random = np.random.default_rng(1)
    labels = [True] * 200 + [False] * 200
    lengths = [int(n) for n in random.integers(500, 1000, 200)] + [
        int(n) for n in random.integers(1, 500, 200)
    ]
    scores = [0.9 + 0.1 * n for n in random.random(200)] + [0.1 * n for n in random.random(200)]
    pooled, within = correlation(lengths, scores), length_correlation(labels, lengths, scores)
    assert pooled.value is not None and pooled.value > 0.7
    assert within.value is not None and within.low is not None and within.high is not None
    assert abs(within.value) < 0.15 and within.low < 0 < within.high
    loved = length_correlation(labels, lengths, [n / 1000 for n in lengths])
    assert loved.value == pytest.approx(1.0)


def test_a_mean_has_an_interval_and_the_same_every_time() -> None:
    values = [0.0, 0.5, 1.0, 1.0]
    assert mean(values) == mean(values)
    assert mean(values).value == 0.625
    assert mean([]) == Estimate()
    assert mean([0.25]) == Estimate(0.25, 0.25, 0.25)
