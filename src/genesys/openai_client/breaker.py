"""The circuit breaker of one endpoint."""

from __future__ import annotations

FAILURES = 10
"""Consecutive failures that open a circuit: more than chance brings on a server that fails one time in three."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before an open circuit is probed; they double until a request has succeeded."""


class CircuitBreaker:
    """Closed while an endpoint works; open after consecutive failures, until a probe says that it is back.

    The probe is a small question and not a waiting request: a completion may take a quarter of an hour, and
    nobody else could go on meanwhile. All times are seconds of one clock that only grows, handed in by the
    caller.

    Attributes:
        failures: Consecutive failures.
        retry_at: When an open circuit may be probed; None where it is closed.
        probing: Whether a probe is under way.
    """

    def __init__(self) -> None:
        self.failures = 0
        self.retry_at: float | None = None
        self.probing = False
        self._pause = FIRST_PAUSE

    @property
    def is_open(self) -> bool:
        """Whether requests are held back."""
        return self.retry_at is not None

    def is_due(self, now: float) -> bool:
        """Whether a probe should be sent now."""
        return self.retry_at is not None and not self.probing and now >= self.retry_at

    def succeeded(self) -> None:
        """The endpoint did its work: the circuit is closed."""
        self.failures, self.retry_at, self._pause = 0, None, FIRST_PAUSE

    def failed(self, now: float) -> None:
        """A request failed. Those sent before the circuit opened do not prolong its pause."""
        self.failures += 1
        if self.retry_at is None and self.failures >= FAILURES:
            self._open(now)

    def probed(self, now: float, *, alive: bool) -> None:
        """The probe has ended."""
        self.probing = False
        if alive:
            self.failures, self.retry_at = 0, None
        elif self.is_open:
            self._open(now)

    def _open(self, now: float) -> None:
        self.retry_at = now + self._pause
        self._pause = min(LONGEST_PAUSE, 2 * self._pause)
