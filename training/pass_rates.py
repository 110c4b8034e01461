"""How often a model solves each problem, from an offline run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    passed: dict[str, int] = {}
    scored: dict[str, int] = {}
    for one in read_outcomes(reader, verifier):
        scored[one.problem_id] = scored.get(one.problem_id, 0) + 1
        passed[one.problem_id] = passed.get(one.problem_id, 0) + one.passed
    if not scored:
        raise DataError(f"{reader.folder} holds no scores", f"Make them: genesys score {reader.folder}")
    return {name: PassRate(passed[name], count) for name, count in scored.items()}


class Scored(NamedTuple):
    """A completion with a score.

    Attributes:
        response_id: Its id.
        problem_id: What it answers.
        passed: Whether the score passes its task type's threshold.
    """

    response_id: str
    problem_id: str
    passed: bool


def read_outcomes(reader: RunReader, verifier: str | None = None) -> Iterator[Scored]:
    """The completions of a run that have a score from the verifiers that count.

    Raises:
        ConfigurationError: As `read_pass_rates`.
    """
    # Scores first: beside a writer, every score that was read finds its problem.
    keys = reader.verifier_keys()
    scores = {
        key: list(reader.batches("scores", ["response_id", "problem_id", "score"], key)) for key in keys
    }
    kinds = {
        row["problem_id"]: row["task_type"]
        for batch in reader.batches("problems", ["problem_id", "task_type"])
        for row in batch.to_pylist()
    }
    for key in _keys(reader, keys, verifier, set(kinds.values())):
        for row in (row for batch in scores[key] for row in batch.to_pylist()):
            if row["score"] is not None:
                name = row["problem_id"]
                yield Scored(row["response_id"], name, passes(kinds[name], row["score"]))


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


def _keys(reader: RunReader, there: list[str], verifier: str | None, task_types: set[str]) -> list[str]:
    """The verifiers whose scores count: the one that is named, the task types' own, or the only one."""
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
