"""Budgets: how much a run may cost before it stops, by completions, tokens, time or money.

Completions, tokens and money count the whole run, earlier calls included: the same command again stops at
once, and goes on when the budget is raised. Time counts one call, as a job's time limit does.

Stopping is soft: nothing new is asked for, and what is in flight ends (`grace` bounds how long that may
take). Completions are counted when they are asked for, so that no more come than were granted; tokens and
money when they arrive, so that what is in flight comes on top.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from genesys.errors import ConfigurationError
from genesys.rollouts.run_reader import RunReader

_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What tokens cost.

    Attributes:
        prompt: A million tokens of prompts. Every sample counts its own prompt.
        completion: A million sampled tokens.
    """

    prompt: float = 0.0
    completion: float = 0.0

    def __post_init__(self) -> None:
        for name in ("prompt", "completion"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ConfigurationError(f"--price-{name} must be 0 or more, not {getattr(self, name)}")

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What so many tokens cost, in the unit of the prices."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / _MILLION

    @property
    def known(self) -> bool:
        """Whether anything costs anything."""
        return self.prompt > 0 or self.completion > 0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a run may take; None is no bound.

    Attributes:
        completions: Completions of the run.
        tokens: Sampled tokens of the run.
        cost: Money of the run, in the unit of the prices.
        seconds: Wall seconds of this call.
        prices: What tokens cost.
        grace: Seconds that requests in flight get once a budget is reached, before they are cancelled and
            their samples left to another call; None lets them end.
    """

    completions: int | None = None
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None
    prices: Prices = field(default_factory=Prices)
    grace: float | None = None

    def __post_init__(self) -> None:
        for name in ("completions", "tokens", "cost", "seconds"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"a budget of {value} {name} lets nothing be done")
        if self.cost is not None and not self.prices.known:
            raise ConfigurationError(
                "--max-cost needs prices", "Give --price-completion, and --price-prompt where prompts cost."
            )


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a run has taken so far.

    Attributes:
        completions: Completions committed.
        prompt_tokens: Tokens of their prompts.
        tokens: Tokens sampled; a continued sample counts what it added.
    """

    completions: int = 0
    prompt_tokens: int = 0
    tokens: int = 0


def spent_by(run: RunReader) -> Spent:
    """What the committed completions of a run took."""
    columns = ["response_id", "parent_id", "prompt_tokens", "completion_tokens"]
    sampled: dict[str, int] = {}
    parents: list[str] = []
    prompts = 0
    for batch in run.batches("completions", columns):
        for row in batch.to_pylist():
            sampled[row["response_id"]] = row["completion_tokens"] or 0
            prompts += row["prompt_tokens"] or 0
            parents += [row["parent_id"]] if row["parent_id"] else []
    tokens = sum(sampled.values()) - sum(sampled.get(parent, 0) for parent in parents)
    return Spent(completions=len(sampled), prompt_tokens=prompts, tokens=tokens)


class BudgetWatch:
    """Says when a budget is reached.

    Args:
        budget: The bounds.
        earlier: What the run held before.
    """

    def __init__(self, budget: Budget, earlier: Spent) -> None:
        self._budget, self._earlier = budget, earlier
        self._asked = 0
        self._prompt_tokens, self._tokens = earlier.prompt_tokens, earlier.tokens
        self._end = None if budget.seconds is None else time.monotonic() + budget.seconds

    def grant(self, wanted: int) -> int:
        """How many of so many completions may be asked for now; they count as taken."""
        if self._budget.completions is not None:
            wanted = min(wanted, max(0, self._budget.completions - self._earlier.completions - self._asked))
        self._asked += wanted
        return wanted

    def give_back(self, completions: int) -> None:
        """Takes back what was granted and did not come."""
        self._asked -= completions

    def arrived(self, prompt_tokens: int | None, tokens: int) -> None:
        """Counts the tokens of a sample."""
        self._prompt_tokens += prompt_tokens or 0
        self._tokens += tokens

    @property
    def cost(self) -> float | None:
        """What the run has cost so far, or None without prices."""
        if not self._budget.prices.known:
            return None
        return self._budget.prices.cost(self._prompt_tokens, self._tokens)

    @property
    def seconds_left(self) -> float | None:
        """Seconds of this call's time, or None where it is not bounded."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def reached(self) -> str | None:
        """The budget that is used up, in words, or None."""
        budget, cost = self._budget, self.cost
        if budget.completions is not None and self._earlier.completions + self._asked >= budget.completions:
            return f"{budget.completions:,} completions"
        if budget.tokens is not None and self._tokens >= budget.tokens:
            return f"{budget.tokens:,} tokens"
        if budget.cost is not None and cost is not None and cost >= budget.cost:
            return f"a cost of {budget.cost:,.2f}"
        if self.seconds_left == 0.0:
            return f"{budget.seconds:,.0f} seconds"
        return None
