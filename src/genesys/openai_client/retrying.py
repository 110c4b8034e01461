"""When to try again: backoff with full jitter, and what Retry-After says."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from random import Random

FIRST_DELAY, LONGEST_DELAY = 0.5, 60.0
"""Seconds; the bound of the delay doubles with each attempt."""

LONGEST_RETRY_AFTER = 120.0
"""Seconds that a server may make us wait; one that says more is asked again after these."""

RETRIED = frozenset({408, 409, 425, 429})
"""Statuses under 500 that may pass."""

FINAL = frozenset({501, 505})
"""Statuses from 500 that will not."""


BUSY_PATIENCE = 3
"""How many times as many attempts a call may have whose server is up and says that it has too much to do."""


class Attempts:
    """The attempts of one call: how many are left, and how long to wait before the next.

    Args:
        most: Attempts at most that fail; those refused with 429 have `BUSY_PATIENCE` times as many.
        random: Jitter.
    """

    def __init__(self, most: int, random: Random) -> None:
        self._most = most
        self._random = random
        self.failed = 0
        self.busy = 0

    def next_delay(self, *, busy: bool) -> float | None:
        """Counts an attempt that failed; the seconds to wait before the next, or None where it was the last."""
        if busy:
            self.busy += 1
        else:
            self.failed += 1
        if self.failed >= self._most or self.busy >= BUSY_PATIENCE * self._most:
            return None
        return backoff((self.busy if busy else self.failed) - 1, self._random)


def may_pass(status: int) -> bool:
    """Whether the same request may be answered otherwise later."""
    return status in RETRIED or (status >= 500 and status not in FINAL)


def backoff(attempt: int, random: Random) -> float:
    """Seconds to wait after the attempt of that number, from 0: uniform under a bound that doubles.

    Full jitter spreads the clients of a server that comes back (AWS Architecture Blog, "Exponential
    Backoff And Jitter", 2015).
    """
    bound = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(attempt, 20))
    return random.uniform(0.0, bound)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that a reply asks to wait, at most `LONGEST_RETRY_AFTER`; None where it says nothing usable.

    Args:
        headers: Of the reply, by lower-case name: `retry-after` in seconds or as a date, or
            `retry-after-ms`.
        now: Unix time in seconds, for dates.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return _bounded(seconds)
    try:
        date = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return _bounded(date - (time.time() if now is None else now))


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float:
    return min(LONGEST_RETRY_AFTER, max(0.0, seconds))
