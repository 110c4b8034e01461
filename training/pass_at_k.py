r"""pass@k of a run: how likely at least one of k answers is right.

The estimate is the unbiased one of Chen et al. 2021 (arXiv:2107.03374): of n completions of a problem, c
right, a random choice of k holds a right one with probability

    1 - C(n - c, k) / C(n, k)

and the mean over problems is pass@k. How sure it is comes from a bootstrap over problems: they are what
was sampled from the task, and completions of one problem are not independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genesys.errors import ConfigurationError
from genesys.rollouts.run_reader import RunReader
from genesys.training.pass_rates import PassRate, read_pass_rates

RESAMPLES = 10_000
LEVEL = 0.95

ALL = "all"
"""The name of all sources together."""


@dataclass(frozen=True, kw_only=True)
class PassAtK:
    """One figure.

    Attributes:
        k: How many answers.
        value: The estimate, in [0, 1].
        low: Lower end of the 95 % confidence interval.
        high: Upper end.
        problems: Problems it is the mean of.
        too_few: Problems left out, as they have fewer than k scored completions.
    """

    k: int
    value: float
    low: float
    high: float
    problems: int
    too_few: int = 0


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The figures of a run.

    Attributes:
        sources: Source -> its figures, by k; "all" is all of them together.
        problems: Problems with a scored completion.
        completions: Scored completions.
        unscored: Completions that no verifier of the run has scored, or that nobody can score.
        truncated: Completions that reached the token limit.
    """

    sources: dict[str, list[PassAtK]]
    problems: int
    completions: int
    unscored: int
    truncated: int

    def to_json(self) -> dict[str, Any]:
        """The evaluation as JSON types."""
        return asdict(self)


def pass_at_k(scored: int, passed: int, k: int) -> float:
    """The unbiased estimate for one problem.

    Args:
        scored: Its completions, at least k.
        passed: Of these, the right ones.
        k: How many are drawn.

    Raises:
        ConfigurationError: If there are fewer than k completions.
    """
    if not 0 <= passed <= scored or k < 1 or scored < k:
        raise ConfigurationError(f"pass@{k} of {passed} right in {scored} completions is not defined")
    if scored - passed < k:
        return 1.0
    # As a product, which neither overflows nor cancels: prod(1 - k / i) for i in n-c+1 .. n.
    return 1.0 - math.prod(1.0 - k / count for count in range(scored - passed + 1, scored + 1))


def evaluate_run(
    run: Path | str | RunReader, ks: Sequence[int] = (1,), *, verifier: str | None = None, seed: int = 0
) -> Evaluation:
    """Computes the figures of a run that is scored.

    Args:
        run: The run folder.
        ks: Which k.
        verifier: Key of the verifier whose scores count; by default the task types' own.
        seed: Seed of the bootstrap.

    Raises:
        ConfigurationError: If there is no such run or verifier, or no problem has enough completions.
        DataError: If the run holds no scores.
    """
    reader = run if isinstance(run, RunReader) else RunReader(run)
    rates = read_pass_rates(reader, verifier)
    sources: dict[str, list[PassRate]] = {ALL: []}
    for batch in reader.batches("problems", ["problem_id", "source"]):
        for row in batch.to_pylist():
            if row["problem_id"] in rates:
                rate = rates[row["problem_id"]]
                sources[ALL].append(rate)
                sources.setdefault(row["source"], []).append(rate)
    for k in ks:
        _check_enough(k, sources[ALL])
    names = [*sorted(set(sources) - {ALL}), ALL]
    total, truncated = _count(reader)
    scored = sum(rate.scored for rate in rates.values())
    return Evaluation(
        sources={name: [figure for k in ks if (figure := _figure(sources[name], k, seed))] for name in names},
        problems=len(rates),
        completions=scored,
        unscored=total - scored,
        truncated=truncated,
    )


def _check_enough(k: int, rates: Sequence[PassRate]) -> None:
    most = max((rate.scored for rate in rates), default=0)
    if k < 1 or k > most:
        raise ConfigurationError(
            f"pass@{k} needs {k} scored completions of a problem, and the run has at most {most}",
            f"Sample more with --n {k}, or ask for a smaller --k." if k > 0 else "k counts from 1.",
        )


def _figure(rates: Sequence[PassRate], k: int, seed: int) -> PassAtK | None:
    """None where no problem of the source has enough completions."""
    values = np.array([pass_at_k(rate.scored, rate.passed, k) for rate in rates if rate.scored >= k])
    if not len(values):
        return None
    low, high = bootstrap(values, seed=seed)
    return PassAtK(
        k=k,
        value=float(values.mean()),
        low=low,
        high=high,
        problems=len(values),
        too_few=len(rates) - len(values),
    )


def bootstrap(values: np.ndarray[Any, np.dtype[np.float64]], *, seed: int) -> tuple[float, float]:
    """The percentile interval of the mean, by resampling problems with replacement.

    Args:
        values: One a problem.
        seed: Of the resampling.
    """
    rng = np.random.default_rng(seed)
    distinct, counts = np.unique(values, return_counts=True)  # few: n + 1 of them for equal n
    drawn = rng.multinomial(len(values), counts / len(values), size=RESAMPLES)
    means = drawn @ distinct / len(values)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _count(reader: RunReader) -> tuple[int, int]:
    total = truncated = 0
    for batch in reader.batches("completions", ["finish_reason"]):
        total += batch.num_rows
        truncated += batch.column("finish_reason").to_pylist().count("length")
    return total, truncated
