"""Which endpoint a request goes to, and what its outcome says about that endpoint."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from genesys.errors import EndpointUnreachable, RequestRefused
from genesys.openai_client.attempt import AttemptFailed
from genesys.openai_client.lane import Lane, Lease


class Pool:
    """The endpoints of a client.

    Args:
        lanes: One for each endpoint.
        patience: Seconds of failures only after which an outage fails calls at once.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        *,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lanes = tuple(lanes)
        self._patience = patience
        self._clock = clock
        self._failing_since: float | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def lease(self, avoid: Lane | None = None) -> AsyncIterator[Lane]:
        """Waits for an endpoint that may be asked; learns from how the body of the `async with` ends.

        Args:
            avoid: The endpoint that failed just now; taken only where no other is free.

        Raises:
            EndpointUnreachable: If no endpoint works and patience is over.
        """
        lease = await self._take(avoid)
        try:
            yield lease.lane
            self._answered(lease)
        except AttemptFailed as failure:
            self._failed(lease, failure)
            raise
        except RequestRefused:
            self._answered(lease)  # the request is at fault, and the endpoint is up
            raise
        except BaseException:
            lease.lane.breaker.abandoned(probe=lease.probe)
            raise
        finally:
            lease.lane.in_flight -= 1
            self._wake()

    def has_other(self, lane: Lane) -> bool:
        """Whether another endpoint could be asked right now."""
        now = self._clock()
        return any(other is not lane and other.allows(now) for other in self.lanes)

    def _failed(self, lease: Lease, failure: AttemptFailed) -> None:
        now = self._clock()
        if failure.retry_after is not None:
            lease.lane.pause(now, failure.retry_after)
        if failure.busy:  # it is up, and says so
            self._answered(lease)
            return
        lease.lane.breaker.failed(now, probe=lease.probe)
        if self._failing_since is None:
            self._failing_since = now

    def _answered(self, lease: Lease) -> None:
        lease.lane.breaker.succeeded()
        self._failing_since = None

    async def _take(self, avoid: Lane | None) -> Lease:
        while True:
            now = self._clock()
            lane = self._choose(now, avoid)
            if lane is not None:
                lease = Lease(lane, lane.start())
                if any(other.allows(now) for other in self.lanes):
                    self._wake()  # there is room for the next one, too
                return lease
            self._check_patience(now)
            await self._wait(now)

    def _choose(self, now: float, avoid: Lane | None) -> Lane | None:
        free = [lane for lane in self.lanes if lane.allows(now)]
        others = [lane for lane in free if lane is not avoid] or free
        return min(others, key=Lane.load, default=None)

    def _check_patience(self, now: float) -> None:
        since = self._failing_since
        if since is None or not all(lane.breaker.is_open for lane in self.lanes):
            return
        if now - since >= self._patience:
            urls = ", ".join(lane.transport.url for lane in self.lanes)
            raise EndpointUnreachable(
                f"nothing has come from {urls} for {now - since:.0f} seconds but failures",
                "Check that the server runs; `genesys doctor --endpoint URL` looks at it.",
                down=True,
            )

    async def _wait(self, now: float) -> None:
        """Until a lane opens by itself, a request ends, or patience is over."""
        times = [time for lane in self.lanes if (time := lane.ready_at(now)) is not None]
        if self._failing_since is not None and self._failing_since + self._patience > now:
            times.append(self._failing_since + self._patience)
        seconds = max(0.001, min(times) - now) if times else None
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(woken)
        try:
            async with asyncio.timeout(seconds):
                await woken
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            if not woken.cancelled():
                self._wake()  # somebody else's turn, then
            raise

    def _wake(self) -> None:
        """Lets the one that has waited longest look again."""
        while self._waiting:
            woken = self._waiting.popleft()
            if not woken.done():
                woken.set_result(None)
                return
