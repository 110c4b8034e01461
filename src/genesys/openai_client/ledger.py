"""What a client has asked, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from genesys.errors import GenesysError

_MILLION = 1_000_000


class Ledger:
    """Counters of one client.

    Args:
        price_prompt: Price of a million prompt tokens, or None.
        price_completion: Price of a million completion tokens, or None.

    Attributes:
        calls: Calls made, whatever became of them.
        retries: Attempts beyond the first of a call.
        failures: Calls that ended in an error.
        prompt_tokens: Tokens of prompts, as servers reported them.
        completion_tokens: Tokens of completions, as servers reported them.
    """

    def __init__(self, price_prompt: float | None = None, price_completion: float | None = None) -> None:
        self._price_prompt = price_prompt
        self._price_completion = price_completion
        self.calls = 0
        self.retries = 0
        self.failures = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0

    @property
    def cost(self) -> float | None:
        """Tokens times prices, in the prices' unit; None where no price is known."""
        if self._price_prompt is None and self._price_completion is None:
            return None
        prompt = self.prompt_tokens * (self._price_prompt or 0.0)
        return (prompt + self.completion_tokens * (self._price_completion or 0.0)) / _MILLION

    @contextmanager
    def call(self) -> Iterator[None]:
        """Counts a call, and its failure if it ends in an error."""
        self.calls += 1
        try:
            yield
        except GenesysError:
            self.failures += 1
            raise

    def used(self, usage: tuple[int, int]) -> None:
        """Adds prompt and completion tokens."""
        self.prompt_tokens += usage[0]
        self.completion_tokens += usage[1]

    def snapshot(self) -> dict[str, Any]:
        """The counters as a plain dict."""
        return {
            "calls": self.calls,
            "retries": self.retries,
            "failures": self.failures,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": self.cost,
        }

    def __repr__(self) -> str:
        return f"Ledger({self.snapshot()})"


def usage_of(reply: Mapping[str, Any]) -> tuple[int, int] | None:
    """Prompt and completion tokens that a reply reports, or None where it reports none."""
    usage = reply.get("usage")
    if not isinstance(usage, Mapping):
        return None
    counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
    prompt, completion = (count if isinstance(count, int) and count >= 0 else 0 for count in counts)
    return prompt, completion
