"""One endpoint as the client sees it now: its load, its pauses, its circuit."""

from __future__ import annotations

from dataclasses import dataclass

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
        return now >= self.paused_until and self.breaker.allows(now)

    def ready_at(self, now: float) -> float | None:
        """When this lane opens by itself; None where it waits for its probe to end."""
        if self.breaker.probing:
            return None
        return max(now, self.paused_until, self.breaker.retry_at or now)

    def start(self) -> bool:
        """Notes a request going out; True where it probes an open circuit."""
        self.in_flight += 1
        self._sent += 1
        return self.breaker.start()

    def load(self) -> tuple[float, float]:
        """How busy it is, by its weight, and how much it has had so far: the least goes next."""
        return self.in_flight / self._weight, self._sent / self._weight

    def pause(self, now: float, seconds: float) -> None:
        """Sends nothing for a while."""
        self.paused_until = max(self.paused_until, now + seconds)


@dataclass(frozen=True)
class Lease:
    """The right to send one request to a lane.

    Attributes:
        lane: Where to.
        probe: Whether it probes an open circuit.
    """

    lane: Lane
    probe: bool
