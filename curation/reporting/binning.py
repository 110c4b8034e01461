"""Numbers put into bins, for histograms and rates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
_SCORE_BINS, _LENGTH_BINS = 20, 36


@dataclass(frozen=True, kw_only=True)
class Binned:
    """Counts by series and bin.

    Attributes:
        counts: Series -> how many in each bin.
        labels: Of each bin.
        ticks: For the axis, from its left to its right edge.
    """

    counts: Mapping[str, list[int]]
    labels: list[str]
    ticks: list[str]


def score_bins(scores: Mapping[str, Numbers]) -> Binned:
    """Scores in [0, 1] by steps of 0.05; a full score has a bin of its own."""
    edges = [*np.arange(_SCORE_BINS + 1) / _SCORE_BINS, np.inf]
    labels = [f"{edges[at]:.2f} to below {edges[at + 1]:.2f}" for at in range(_SCORE_BINS)]
    return Binned(
        counts={name: _counted(values, edges) for name, values in scores.items()},
        labels=[*labels, "1.00, a full score"],
        ticks=["0", "0.25", "0.5", "0.75", "1"],
    )


def length_bins(lengths: Mapping[str, Numbers]) -> Binned:
    """Lengths on a logarithmic scale, from the shortest to the longest."""
    together = np.concatenate([np.zeros(0), *lengths.values()])
    least, most = (
        (max(float(end), 1.0) for end in (together.min(), together.max())) if len(together) else (1, 1)
    )
    edges = np.unique(np.geomspace(least, max(most, least + 1) + 1, _LENGTH_BINS + 1).round())
    labels = [f"{int(low):,} to {int(high) - 1:,}" for low, high in pairwise(edges)]
    shown = [edges[round(share * (len(edges) - 1))] for share in (0, 0.25, 0.5, 0.75, 1)]
    counts = {
        name: _counted(np.clip(values, edges[0], edges[-1] - 1), list(edges))
        for name, values in lengths.items()
    }
    return Binned(counts=counts, labels=labels, ticks=[short(number) for number in shown])


def quantile_edges(values: Numbers, bins: int) -> list[float]:
    """Edges that cut the values into about equal shares."""
    if not len(values):
        return []
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)).round())
    return [*edges[:-1].tolist(), math.inf] if len(edges) > 1 else [float(edges[0]), math.inf]


def interval(passed: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, passed / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def short(number: float) -> str:
    """A number as it stands on an axis: 950, 1.2k, 34M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            value = number / size
            return f"{value:.1f}{unit}".replace(".0", "") if value < 100 else f"{value:.0f}{unit}"
    return f"{number:,.0f}"


def share(part: float, whole: float) -> str:
    """A share in per cent, or a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _counted(values: Numbers, edges: Sequence[float]) -> list[int]:
    found = np.searchsorted(np.asarray(edges), values, side="right") - 1
    return [
        int(count) for count in np.bincount(found[found >= 0], minlength=len(edges) - 1)[: len(edges) - 1]
    ]
