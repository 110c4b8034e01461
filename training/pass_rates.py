"""How often a model solves each problem, from an offline run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genesys.errors import ConfigurationError, DataError
from genesys.rewards.registry import DEFAULTS, default_spec
from genesys.rewards.thresholds import passes
from genesys.rollouts.run_reader import RunReader
from genesys.schema import canonical_task_type


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
        ConfigurationError: If it is no run, or several verifiers scored a task type and none is its own.
        DataError: If it holds no scores.
    """
    reader = run if isinstance(run, RunReader) else RunReader(run)
    rates = rates_of(read_outcomes(reader, verifier))
    if not rates:
        raise DataError(f"{reader.folder} holds no scores", f"Make them: genesys score {reader.folder}")
    return rates


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


def rates_of(outcomes: Iterable[Scored]) -> dict[str, PassRate]:
    """The pass rates of problems, from the outcomes of their completions."""
    passed, scored = Counter[str](), Counter[str]()
    for one in outcomes:
        scored[one.problem_id] += 1
        passed[one.problem_id] += one.passed
    return {name: PassRate(passed[name], count) for name, count in scored.items()}


def read_outcomes(reader: RunReader, verifier: str | None = None) -> Iterator[Scored]:
    """The completions of a run that have a score from the verifiers that count.

    Raises:
        ConfigurationError: As `read_pass_rates`.
    """
    # Scores first: beside a writer, every score that was read finds its problem.
    keys = reader.verifier_keys()
    if verifier is not None and verifier not in keys:
        raise ConfigurationError(
            f"{verifier!r} has not scored {reader.folder}", f"These have: {', '.join(keys) or 'none'}."
        )
    columns = ["response_id", "problem_id", "score"]
    scores = {
        key: [row for batch in reader.batches("scores", columns, key) for row in batch.to_pylist()]
        for key in ([verifier] if verifier is not None else keys)
    }
    kinds = {
        row["problem_id"]: row["task_type"]
        for batch in reader.batches("problems", ["problem_id", "task_type"])
        for row in batch.to_pylist()
    }
    counting = _counting(reader, scores, kinds)
    for key, rows in scores.items():
        for row in rows:
            kind = kinds[row["problem_id"]]
            if row["score"] is not None and counting[kind] == key:
                yield Scored(row["response_id"], row["problem_id"], passes(kind, row["score"]))


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


def _counting(
    reader: RunReader, scores: Mapping[str, list[dict[str, Any]]], kinds: Mapping[str, str]
) -> dict[str, str]:
    """Task type -> the verifier whose scores count: its own, whatever its parameters, or the only one."""
    scored: dict[str, set[str]] = {}
    for key, rows in scores.items():
        for row in rows:
            scored.setdefault(kinds[row["problem_id"]], set()).add(key)
    return {kind: _one_of(reader, kind, keys) for kind, keys in scored.items()}


def _one_of(reader: RunReader, task_type: str, keys: set[str]) -> str:
    own = default_spec(task_type) if canonical_task_type(task_type) in DEFAULTS else None
    if own is not None and own.key in keys:
        return own.key
    # A judge's key names its model, which the process that reads the run need not know.
    named = {key for key in keys if own is not None and key.partition("@")[0] == own.name}
    candidates = sorted(named or keys)
    if len(candidates) > 1:
        raise ConfigurationError(
            f"several verifiers have scored {task_type} in {reader.folder}: {', '.join(candidates)}",
            "Name the one that counts.",
        )
    return candidates[0]
