"""Limits of requests and tokens a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

CHARACTERS_A_TOKEN = 4
"""A rough estimate for prompts; the reply's usage corrects it."""

UNBOUNDED_COMPLETION = 1024
"""Tokens reserved for a completion whose request names no bound."""


class TokenBucket:
    """A token bucket that no minute overruns: what it holds and what flows in a minute sum to the limit.

    Who takes more than there is waits until it would have been there, in the order of arrival.

    Args:
        per_minute: The limit.
        clock: Seconds that only grow.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = max(1.0, per_minute / 60)
        self._rate = (per_minute - (self._capacity - 1)) / 60
        self._level = self._capacity
        self._clock = clock
        self._filled_at = clock()

    def take(self, amount: float) -> float:
        """Takes an amount, and says how many seconds to wait before using it."""
        self._fill()
        self._level -= amount
        return max(0.0, -self._level / self._rate)

    def give(self, amount: float) -> None:
        """Gives back what was not used; a negative amount takes what was used beyond the estimate."""
        self._fill()
        self._level = min(self._capacity, self._level + amount)

    def _fill(self) -> None:
        now = self._clock()
        self._level = min(self._capacity, self._level + (now - self._filled_at) * self._rate)
        self._filled_at = now


class RateLimits:
    """The limits of a client, over all its endpoints.

    Args:
        requests_per_minute: Requests, or None.
        tokens_per_minute: Tokens, or None.
    """

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._requests = None if requests_per_minute is None else TokenBucket(requests_per_minute)
        self._tokens = None if tokens_per_minute is None else TokenBucket(tokens_per_minute)

    async def wait(self, tokens: int) -> None:
        """Waits until a request of about so many tokens may be sent."""
        requests = self._requests.take(1) if self._requests else 0.0
        seconds = max(requests, self._tokens.take(tokens) if self._tokens else 0.0)
        if seconds <= 0:
            return
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.correct(tokens)
            if self._requests:
                self._requests.give(1)
            raise

    def correct(self, tokens: int) -> None:
        """Gives back tokens that a request did not use, or takes (negative) what it used beyond them."""
        if self._tokens:
            self._tokens.give(tokens)


def estimated_tokens(body: Mapping[str, Any], characters: int) -> int:
    """Tokens that a request may come to: its text by length, and all it may sample."""
    bound = body.get("max_completion_tokens") or body.get("max_tokens") or UNBOUNDED_COMPLETION
    several = body.get("n") or 1
    sampled = bound * several if isinstance(bound, int) and isinstance(several, int) else UNBOUNDED_COMPLETION
    return characters // CHARACTERS_A_TOKEN + sampled
