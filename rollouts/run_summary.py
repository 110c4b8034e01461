"""A run in numbers, and traces of it to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pyarrow as pa

from genesys.rewards.gold import short_gold
from genesys.rewards.registry import DEFAULTS, default_spec
from genesys.rewards.thresholds import passes
from genesys.rollouts.budgets import spent_by
from genesys.rollouts.run_reader import RunReader


@dataclass(kw_only=True)
class ScoreCounts:
    """The verdicts of one verifier on one run.

    Attributes:
        verified: Source -> verdicts.
        passed: Source -> verdicts that pass their task type's threshold.
        unscorable: Source -> verdicts without a score.
        causes: Cause -> verdicts.
    """

    verified: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    unscorable: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)


@dataclass(kw_only=True)
class RunSummary:
    """A run in numbers.

    Attributes:
        identity: What the run is.
        problems: Problems sampled.
        completions: Completions committed.
        tokens: Tokens sampled.
        finish_reasons: Why sampling ended -> completions.
        scores: Verifier key -> its verdicts.
    """

    identity: dict[str, Any]
    problems: int = 0
    completions: int = 0
    tokens: int = 0
    finish_reasons: Counter[str] = field(default_factory=Counter)
    scores: dict[str, ScoreCounts] = field(default_factory=dict)


def summarise(run: RunReader) -> RunSummary:
    """Counts a run; reads no texts."""
    summary = RunSummary(identity=run.identity)
    # Scores first and problems last: beside a writer, every row read finds what it speaks of.
    scores = {
        key: list(run.batches("scores", ["problem_id", "score", "cause"], key)) for key in run.verifier_keys()
    }
    for batch in run.batches("completions", ["finish_reason"]):
        summary.completions += batch.num_rows
        summary.finish_reasons.update(batch.column("finish_reason").to_pylist())
    summary.tokens = spent_by(run).tokens
    kinds = {
        row["problem_id"]: (row["source"], row["task_type"])
        for batch in run.batches("problems", ["problem_id", "source", "task_type"])
        for row in batch.to_pylist()
    }
    summary.problems = len(kinds)
    own = {default_spec(task_type).key for _, task_type in set(kinds.values()) if task_type in DEFAULTS}
    for key in sorted(scores, key=lambda key: (key not in own, key)):  # the task types' own verifiers first
        summary.scores[key] = _count_scores(scores[key], kinds)
    return summary


def _count_scores(batches: list[pa.RecordBatch], kinds: dict[str, tuple[str, str]]) -> ScoreCounts:
    counts = ScoreCounts()
    for batch in batches:
        for row in batch.to_pylist():
            source, task_type = kinds[row["problem_id"]]
            counts.verified[source] += 1
            counts.passed[source] += passes(task_type, row["score"])
            counts.unscorable[source] += row["score"] is None
            counts.causes[row["cause"] or "right"] += 1
    return counts


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One completion as a person reads it.

    Attributes:
        response_id: Its id.
        problem_id: What it answers.
        prompt: The problem's prompt.
        gold: The short gold, or None.
        text: The completion.
        finish_reason: Why sampling ended.
        tokens: Tokens sampled, or None.
        score: The verdict's number, or None where unscorable or not verified.
        cause: The verdict's cause; "unscored" where there is no verdict.
    """

    response_id: str
    problem_id: str
    prompt: str
    gold: str | None
    text: str
    finish_reason: str
    tokens: int | None
    score: float | None
    cause: str | None


def traces(run: RunReader, verifier: str | None = None) -> Iterator[Trace]:
    """The completions of a run with their verdicts, in the order they were committed.

    Args:
        run: The run.
        verifier: Whose verdicts; None shows none.
    """
    scores: dict[str, tuple[float | None, str | None]] = {}
    if verifier is not None:
        for batch in run.batches("scores", ["response_id", "score", "cause"], verifier):
            scores |= {row["response_id"]: (row["score"], row["cause"]) for row in batch.to_pylist()}
    columns = ["response_id", "problem_id", "finish_reason", "completion_tokens", "text"]
    batches = run.batches("completions", columns)
    first = next(batches, None)  # which takes in what the spool holds, so that its problems are there, too
    problems = run.problems()
    for batch in () if first is None else chain([first], batches):
        for row in batch.to_pylist():
            problem = problems[row["problem_id"]]
            score, cause = scores.get(row["response_id"], (None, "unscored"))
            yield Trace(
                response_id=row["response_id"],
                problem_id=row["problem_id"],
                prompt=problem.prompt,
                gold=short_gold(problem),
                text=row["text"],
                finish_reason=row["finish_reason"],
                tokens=row["completion_tokens"],
                score=score,
                cause=cause,
            )
