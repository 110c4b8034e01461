"""How often a model solves each problem, from an offline run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from genesys.errors import ConfigurationError, DataError
from genesys.rewards.registry import DEFAULTS, default_spec
from genesys.rewards.thresholds import passes
from genesys.rollouts.run_reader import RunReader


class PassRate(NamedTuple):
    """How a problem went.

    Attributes:
        passed: Completions whose score passes the task type's threshold.
        scored: Completions with a score; unscorable ones say nothing.
    """

    passed: int
    scored: int

    @property
    def rate(self) -> float:
        """The share that passed."""
        return self.passed / self.scored


def read_pass_rates(run: Path | str | RunReader, verifier: str | None = None) -> dict[str, PassRate]:
    """The pass rates of a run's problems, by problem_id; a problem without a score is left out.

    Args:
        run: The run folder.
        verifier: Key of the verifier whose scores count, such as "math@1"; by default the task types'
            own, or the only one there is.

    Raises:
        ConfigurationError: If it is no run, or several verifiers scored it and none is the task type's own.
        DataError: If it holds no scores.
    """
    reader = run if isinstance(run, RunReader) else RunReader(run)
    kinds = {
        row["problem_id"]: row["task_type"]
        for batch in reader.batches("problems", ["problem_id", "task_type"])
        for row in batch.to_pylist()
    }
    passed: dict[str, int] = {}
    scored: dict[str, int] = {}
    for key in _keys(reader, verifier, set(kinds.values())):
        for batch in reader.batches("scores", ["problem_id", "score"], key):
            for name, score in zip(*(batch.column(place).to_pylist() for place in (0, 1)), strict=True):
                if score is not None and name in kinds:
                    scored[name] = scored.get(name, 0) + 1
                    passed[name] = passed.get(name, 0) + passes(kinds[name], score)
    if not scored:
        raise DataError(f"{reader.folder} holds no scores", f"Make them: genesys score {reader.folder}")
    return {name: PassRate(passed[name], count) for name, count in scored.items()}


def choose(pass_rates: Mapping[str, PassRate], *, least: float = 0.0, most: float = 1.0) -> frozenset[str]:
    """The ids of the problems whose pass rate lies in [least, most].

    Raises:
        ConfigurationError: If that is no range within [0, 1].
    """
    if not 0 <= least <= most <= 1:
        raise ConfigurationError(
            f"pass rates from {least} to {most} are no range",
            "Both lie in [0, 1], the lower one first: --min-pass-rate 0.1 --max-pass-rate 0.9.",
        )
    return frozenset(name for name, one in pass_rates.items() if least <= one.rate <= most)


def _keys(reader: RunReader, verifier: str | None, task_types: set[str]) -> list[str]:
    there = reader.verifier_keys()
    if verifier is not None:
        if verifier not in there:
            raise ConfigurationError(
                f"{verifier!r} has not scored {reader.folder}", f"These have: {', '.join(there) or 'none'}."
            )
        return [verifier]
    own = {default_spec(name).key for name in task_types if name in DEFAULTS}
    chosen = [key for key in there if key in own]
    if chosen or len(there) <= 1:
        return chosen or there
    raise ConfigurationError(
        f"several verifiers have scored {reader.folder}: {', '.join(there)}", "Name the one that counts."
    )
