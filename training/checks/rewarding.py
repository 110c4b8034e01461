"""Rewards that cannot read their rows, or that pay more for form than for being right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from genesys.errors import ConfigurationError, GenesysError
from genesys.rewards import grader
from genesys.training.batch_grading import is_in_process
from genesys.training.checks.finding import Finding, stop, warn
from genesys.training.checks.flight import Flight
from genesys.training.verified_reward import VerifiedReward

MOST_GOLDS = 32


def check_rewards(flight: Flight) -> Iterator[Finding]:
    """Looks at what the rewards read, whether their golds can be used, and at their range together."""
    if flight.kind != "grpo":
        return
    weights = flight.setting("reward_weights")
    if weights is not None and len(weights) != len(flight.rewards):
        yield stop(
            "reward_weights",
            f"there are {len(weights)} reward_weights for {len(flight.rewards)} rewards",
            "Give one weight for each reward, in their order.",
        )
        return
    for reward in verified(flight.rewards):
        if flight.rows:
            yield from _rows(flight, reward)
    yield from _range(flight.rewards, weights or [1.0] * len(flight.rewards))


def verified(rewards: Sequence[Any]) -> list[VerifiedReward]:
    """The verified rewards among these and within those that combine others."""
    found: list[VerifiedReward] = []
    for reward in rewards:
        inner = [part for part, _ in getattr(reward, "parts", ())]
        inner += [reward.correctness] if hasattr(reward, "correctness") else []
        found += [reward] if isinstance(reward, VerifiedReward) else verified(inner)
    return list(dict.fromkeys(found))


def _rows(flight: Flight, reward: VerifiedReward) -> Iterator[Finding]:
    columns = {name: [row.get(name) for row in flight.rows] for name in flight.rows[0]}
    try:
        cells = reward.columns.cells(columns, len(flight.rows))
    except ConfigurationError as error:
        yield stop("missing_column", error.fault, error.remedy or "")
        return
    faults: Counter[str] = Counter()
    for cell, row in list(zip(cells, flight.rows, strict=True))[:MOST_GOLDS]:
        faults[_fault(reward, cell, row.get("prompt")) or ""] += 1
    good, looked_at = faults.pop("", 0), min(len(flight.rows), MOST_GOLDS)
    if faults:
        yield (warn if good else stop)(
            "unscorable_problems",
            f"{looked_at - good} of {looked_at} problems looked at would never give a reward: "
            + ", ".join(f"{count} x {fault}" for fault, count in faults.most_common(3)),
            "prompt_dataset leaves such problems out; for rows of your own check task_type and gold.",
        )


def _fault(reward: VerifiedReward, cell: object, prompt: object) -> str | None:
    try:
        problem = reward.columns.problem(cell, prompt)
    except GenesysError as error:
        return error.fault[:80]
    if is_in_process(problem):
        return "its tests could be deceived by the answer"
    fault = grader().check_gold(problem, verifier=reward.spec_for(problem))
    return None if fault is None else fault[:80]


def _range(rewards: Sequence[Any], weights: Sequence[float]) -> Iterator[Finding]:
    """Whether the best form with a wrong answer earns what the worst form with a right one does."""
    ranges = [getattr(reward, "range", None) for reward in rewards]
    right = [bool(verified([reward])) for reward in rewards]
    if not any(right) or any(one is None for one in ranges) or len(rewards) < 2:
        return
    earned = sum(weight for weight, is_right in zip(weights, right, strict=True) if is_right)
    form = sum(
        abs(weight) * (one[1] - one[0])
        for weight, one, is_right in zip(weights, ranges, right, strict=True)
        if one is not None and not is_right
    )
    if form >= earned:
        yield warn(
            "form_pays_more",
            f"being right earns at most {earned:g}, the other rewards together {form:g}: a wrong answer in good form can "
            "earn as much as a right one",
            "Lower their reward_weights, or gate them: genesys.training.shaping.gated(reward(), ...).",
        )
