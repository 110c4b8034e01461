"""Statistics of a judge against labels: Cohen's kappa, correlations, and bootstrap intervals.

All intervals are percentile bootstrap intervals of 95 % with a fixed seed: the same data give the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
ROUNDS = 2_000
_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; None where the data cannot say.

    Attributes:
        value: The figure.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON types."""
        interval = None if self.low is None else [self.low, self.high]
        return {"value": self.value, "interval": interval}


@dataclass
class Confusion:
    """Labels against the judge's verdicts, both as pass or fail.

    Attributes:
        counts: (label passes, judge passes) -> rows.
    """

    counts: dict[tuple[bool, bool], int] = field(
        default_factory=lambda: {(label, judged): 0 for label in (True, False) for judged in (True, False)}
    )

    def add(self, label: bool, judged: bool) -> None:
        """Counts one row."""
        self.counts[label, judged] += 1

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.counts.values())

    @property
    def agreed(self) -> int:
        """Rows on which both say the same."""
        return self.counts[True, True] + self.counts[False, False]

    def kappa(self) -> Estimate:
        """Cohen's kappa: agreement beyond what chance would give (J. Cohen, 1960); 1 is perfect, 0 is chance."""
        table = np.array([self.counts[label, judged] for label in (True, False) for judged in (True, False)])
        total = int(table.sum())
        if not total:
            return Estimate()
        drawn = np.random.default_rng(_SEED).multinomial(total, table / total, size=ROUNDS)
        return _estimate(float(_kappas(table[None, :])[0]), _kappas(drawn))


def _kappas(tables: npt.NDArray[Any]) -> Numbers:
    """Kappa of each row of (both pass, label alone, judge alone, both fail); NaN where all is of one kind."""
    shares = tables / tables.sum(axis=1, keepdims=True)
    both, label, judged, neither = shares.T
    chance = (both + label) * (both + judged) + (label + neither) * (judged + neither)
    with np.errstate(divide="ignore", invalid="ignore"):
        kappas: Numbers = np.where(chance < 1, (both + neither - chance) / (1 - chance), np.nan)
    return kappas


def length_correlation(strata: Sequence[bool], lengths: Sequence[int], scores: Sequence[float]) -> Estimate:
    """Rank correlation of score with length at equal label: Spearman's, pooled over the labels.

    Args:
        strata: The labels.
        lengths: Characters that the judge was shown.
        scores: Its scores.
    """
    kinds = np.asarray(strata, dtype=bool)
    x, y = np.zeros(len(kinds)), np.zeros(len(kinds))
    for kind in (True, False):
        chosen = np.flatnonzero(kinds == kind)
        if chosen.size:
            x[chosen] = _centred_ranks(np.asarray(lengths, dtype=float)[chosen])
            y[chosen] = _centred_ranks(np.asarray(scores, dtype=float)[chosen])
    return _bootstrapped_correlation(x, y)


def correlation(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Spearman's rank correlation."""
    return _bootstrapped_correlation(_centred_ranks(np.asarray(first)), _centred_ranks(np.asarray(second)))


def mean(values: Sequence[float]) -> Estimate:
    """The mean."""
    if not values:
        return Estimate()
    given = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(_SEED).integers(given.size, size=(_rounds(given.size), given.size))
    return _estimate(float(given.mean()), given[drawn].mean(axis=1))


def _bootstrapped_correlation(x: Numbers, y: Numbers) -> Estimate:
    if x.size < 3 or not x.any() or not y.any():
        return Estimate()
    drawn = np.random.default_rng(_SEED).integers(x.size, size=(_rounds(x.size), x.size))
    return _estimate(float(_pearson(x[None, :], y[None, :])[0]), _pearson(x[drawn], y[drawn]))


def _pearson(x: Numbers, y: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Numbers = (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    return found


def _centred_ranks(values: npt.NDArray[Any]) -> Numbers:
    """Ranks with ties shared, less their mean."""
    if not values.size:
        return np.zeros(0)
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[place]
    centred: Numbers = ranks - ranks.mean()
    return centred


def _rounds(size: int) -> int:
    """Fewer rounds where rows are many: their intervals are narrow, and memory is bounded."""
    return max(200, min(ROUNDS, 4_000_000 // max(1, size)))


def _estimate(value: float, drawn: Numbers) -> Estimate:
    if not np.isfinite(value):
        return Estimate()
    known = drawn[np.isfinite(drawn)]
    if not known.size:
        return Estimate(value)
    low, high = np.percentile(known, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
