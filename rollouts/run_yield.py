"""What a run yielded: verified traces for tokens, hours and money, and what other token limits would have.

A limit of L tokens would have kept the right completions of at most L tokens, and cost every completion's
tokens up to L. That takes the traces as they are; a model that is told its limit may write others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from genesys.errors import ConfigurationError
from genesys.rewards.registry import DEFAULTS, default_spec
from genesys.rewards.thresholds import passes
from genesys.rollouts.budgets import Prices
from genesys.rollouts.run_reader import RunReader

LIMITS = (4096, 8192, 12_288, 16_384)
"""Token limits that are compared: SYNTHETIC-1's is 12,288, OpenR1's 16,384."""

HOUR = 3600.0


@dataclass(frozen=True, kw_only=True)
class LimitYield:
    """What one token limit would have given.

    Attributes:
        limit: Tokens a completion.
        right: Right completions that fit.
        tokens: Tokens that would have been sampled.
    """

    limit: int
    right: int
    tokens: int

    @property
    def tokens_per_right(self) -> float | None:
        """Tokens paid for each right completion, or None where there is none."""
        return self.tokens / self.right if self.right else None


@dataclass(kw_only=True)
class RunYield:
    """What a run yielded. Superseded completions count by their continuation alone.

    Attributes:
        completions: Completions.
        superseded: Completions that were continued; not among these.
        right: Those that pass their task type's threshold.
        scored: Those with a score.
        finish_reasons: Why sampling ended -> completions.
        prompt_tokens: Tokens of the prompts.
        tokens: Tokens sampled.
        hours: Wall hours in which something was being sampled, or None where times are unknown.
        gpus: GPUs that sampled.
        cost: Money, by the tokens' prices and the GPUs' hours, or None where nothing has a price.
        limits: What other limits would have given, where token counts are known.
        unknown: Completions whose token count is unknown; they are in no limit's numbers.
    """

    completions: int = 0
    superseded: int = 0
    right: int = 0
    scored: int = 0
    finish_reasons: dict[str, int] = field(default_factory=dict)
    prompt_tokens: int = 0
    tokens: int = 0
    hours: float | None = None
    gpus: int = 1
    cost: float | None = None
    limits: list[LimitYield] = field(default_factory=list)
    unknown: int = 0

    @property
    def right_per_hour(self) -> float | None:
        """Verified solutions an hour."""
        return self.right / self.hours if self.hours else None

    @property
    def right_per_gpu_hour(self) -> float | None:
        """Verified solutions an hour and GPU; DeepSeek-R1 on H100s gives about 25."""
        return None if self.right_per_hour is None else self.right_per_hour / self.gpus

    @property
    def tokens_per_right(self) -> float | None:
        """Sampled tokens for each verified solution."""
        return self.tokens / self.right if self.right else None

    def share(self, finish_reason: str) -> float:
        """Share of completions that ended so."""
        return self.finish_reasons.get(finish_reason, 0) / self.completions if self.completions else 0.0

    def to_json(self) -> dict[str, Any]:
        """All numbers, as `--json` prints them."""
        derived = ("right_per_hour", "right_per_gpu_hour", "tokens_per_right")
        return {
            **vars(self),
            **{name: getattr(self, name) for name in derived},
            "truncated_share": self.share("length"),
            "repetition_share": self.share("repetition"),
            "limits": [{**vars(one), "tokens_per_right": one.tokens_per_right} for one in self.limits],
        }


def run_yield(
    run: RunReader,
    *,
    verifier: str | None = None,
    gpus: int = 1,
    prices: Prices | None = None,
    gpu_hour_price: float = 0.0,
    limits: Sequence[int] = LIMITS,
) -> RunYield:
    """Works out what a run yielded; reads no texts.

    Args:
        run: The run.
        verifier: Key of the verifier whose verdicts count; None takes the task types' own first.
        gpus: GPUs that sampled.
        prices: What tokens cost.
        gpu_hour_price: What one GPU costs an hour.
        limits: Token limits to compare.

    Raises:
        ConfigurationError: If there are no GPUs, or an hour of one costs less than nothing.
    """
    if gpus < 1 or not gpu_hour_price >= 0:
        raise ConfigurationError(f"{gpus} GPUs at {gpu_hour_price} an hour are none to reckon with")
    scores = _scores(run, verifier)
    rows = _rows(run)
    parents = {row["parent_id"] for row in rows if row["parent_id"]}
    kept = [row for row in rows if row["response_id"] not in parents]
    found = RunYield(completions=len(kept), superseded=len(rows) - len(kept), gpus=gpus)
    right = np.array([scores.get(row["response_id"], False) for row in kept], bool)
    found.right, found.scored = int(right.sum()), sum(row["response_id"] in scores for row in kept)
    for row in kept:
        found.finish_reasons[row["finish_reason"]] = found.finish_reasons.get(row["finish_reason"], 0) + 1
    found.prompt_tokens = sum(row["prompt_tokens"] or 0 for row in rows)
    found.tokens = sum(row["completion_tokens"] or 0 for row in kept)
    found.hours = _active_hours((row["started_at"], row["seconds"]) for row in rows)
    found.cost = _cost(found, prices or Prices(), gpu_hour_price)
    counted = [row["completion_tokens"] for row in kept]
    known = np.array([count is not None for count in counted], bool)
    found.unknown = int((~known).sum())
    tokens = np.array([count or 0 for count in counted], np.int64)
    found.limits = [_at_limit(limit, tokens[known], right[known]) for limit in limits]
    return found


def _rows(run: RunReader) -> list[dict[str, Any]]:
    columns = [
        "response_id", "parent_id", "finish_reason", "prompt_tokens", "completion_tokens", "started_at", "seconds",
    ]  # fmt: skip
    return [row for batch in run.batches("completions", columns) for row in batch.to_pylist()]


def _scores(run: RunReader, verifier: str | None) -> dict[str, bool]:
    """Response -> whether it is right, by its task type's own verifier first; unscorable ones are not there."""
    batches = {
        key: list(run.batches("scores", ["response_id", "problem_id", "score"], key))
        for key in (run.verifier_keys() if verifier is None else [verifier])
    }
    columns = ["problem_id", "task_type"]
    kinds = {
        row["problem_id"]: row["task_type"]
        for batch in run.batches("problems", columns)
        for row in batch.to_pylist()
    }
    own = {
        task_type: default_spec(task_type).key for task_type in set(kinds.values()) if task_type in DEFAULTS
    }
    found: dict[str, bool] = {}
    for key, tables in batches.items():
        for batch in tables:
            for row in batch.to_pylist():
                kind, name = kinds[row["problem_id"]], row["response_id"]
                if row["score"] is not None and (name not in found or own.get(kind) == key):
                    found[name] = passes(kind, row["score"])
    return found


def _active_hours(times: Iterable[tuple[float | None, float | None]]) -> float | None:
    """Hours that the intervals (start, seconds) cover together; pauses between calls are none of them."""
    spans = sorted((start, start + (seconds or 0.0)) for start, seconds in times if start)
    covered, reached = 0.0, float("-inf")
    for start, end in spans:
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered / HOUR if covered else None


def _cost(found: RunYield, prices: Prices, gpu_hour_price: float) -> float | None:
    if not prices.known and not gpu_hour_price:
        return None
    of_gpus = gpu_hour_price * found.gpus * (found.hours or 0.0)
    return prices.cost(found.prompt_tokens, found.tokens) + of_gpus


def _at_limit(limit: int, tokens: npt.NDArray[np.int64], right: npt.NDArray[np.bool_]) -> LimitYield:
    return LimitYield(
        limit=limit,
        right=int((right & (tokens <= limit)).sum()),
        tokens=int(np.minimum(tokens, limit).sum()),
    )
