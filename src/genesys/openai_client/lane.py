"""One endpoint as the client sees it now: its load, its pauses, its circuit."""

from __future__ import annotations

from genesys.openai_client.breaker import CircuitBreaker
from genesys.openai_client.transport import Transport


class Lane:
    """The state of one endpoint.

    Args:
        transport: Sends to the endpoint.
        weight: Its share.

    Attributes:
        transport: As given.
        breaker: Its circuit.
        in_flight: Requests under way.
        paused_until: Before this time nothing is sent: the endpoint said so by Retry-After.
    """

    def __init__(self, transport: Transport, weight: float) -> None:
        self.transport = transport
        self.breaker = CircuitBreaker()
        self.in_flight = 0
        self.paused_until = 0.0
        self._weight = weight
        self._sent = 0

    def allows(self, now: float) -> bool:
        """Whether a request may go here now."""
        return now >= self.paused_until and not self.breaker.is_open

    def ready_at(self, now: float) -> float | None:
        """When to look at this lane again; None while its probe is under way."""
        if self.breaker.retry_at is not None:
            return None if self.breaker.probing else self.breaker.retry_at
        return max(now, self.paused_until)

    def start(self) -> None:
        """Notes a request going out."""
        self.in_flight += 1
        self._sent += 1

    def load(self) -> tuple[float, float]:
        """How busy it is, by its weight, and how much it has had so far: the least goes next."""
        return self.in_flight / self._weight, self._sent / self._weight

    def pause(self, now: float, seconds: float) -> None:
        """Sends nothing for a while."""
        self.paused_until = max(self.paused_until, now + seconds)
