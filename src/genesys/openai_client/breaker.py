"""The circuit breaker of one endpoint."""

from __future__ import annotations

FAILURES = 10
"""Consecutive failures that open a circuit: more than chance brings on a server that fails one time in three."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the first probe of an open circuit; they double with each probe that fails."""


class CircuitBreaker:
    """Closed while an endpoint works; open after consecutive failures; then one request at a time probes it.

    All times are seconds of one clock that only grows, handed in by the caller.

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
        """Whether requests are held back, but for a probe."""
        return self.retry_at is not None

    def allows(self, now: float) -> bool:
        """Whether a request may go out now."""
        return self.retry_at is None or (not self.probing and now >= self.retry_at)

    def start(self) -> bool:
        """Notes a request going out; True where it is the probe of an open circuit."""
        self.probing = self.is_open
        return self.probing

    def succeeded(self) -> None:
        """The endpoint answered: the circuit is closed."""
        self.failures, self.retry_at, self.probing, self._pause = 0, None, False, FIRST_PAUSE

    def failed(self, now: float, *, probe: bool) -> None:
        """The endpoint failed. Failures of requests sent before the circuit opened do not count again."""
        self.failures += 1
        if probe:
            self.probing = False
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
            self.retry_at = now + self._pause
        elif self.retry_at is None and self.failures >= FAILURES:
            self.retry_at = now + self._pause

    def abandoned(self, *, probe: bool) -> None:
        """A request ended without saying anything about the endpoint: it was cancelled."""
        if probe:
            self.probing = False
