"""Which endpoint a request goes to, and what its outcome says about that endpoint."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from genesys.errors import EndpointUnreachable, RequestRefused
from genesys.openai_client.attempt import AttemptFailed
from genesys.openai_client.lane import Lane


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
        self._probes: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lease(self, avoid: Lane | None = None) -> AsyncIterator[Lane]:
        """Waits for an endpoint that may be asked; learns from how the body of the `async with` ends.

        Args:
            avoid: The endpoint that failed just now; taken only where no other is free.

        Raises:
            EndpointUnreachable: If no endpoint works and patience is over.
        """
        lane = await self._take(avoid)
        try:
            yield lane
            self._answered(lane)
        except AttemptFailed as failure:
            self._failed(lane, failure)
            raise
        except RequestRefused:
            self._answered(lane)  # the request is at fault, and the endpoint is up
            raise
        finally:
            lane.in_flight -= 1
            self._wake()

    def has_other(self, lane: Lane) -> bool:
        """Whether another endpoint could be asked right now."""
        now = self._clock()
        return any(other is not lane and other.allows(now) for other in self.lanes)

    async def aclose(self) -> None:
        """Ends the probes."""
        probes = tuple(self._probes)
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)

    def _failed(self, lane: Lane, failure: AttemptFailed) -> None:
        now = self._clock()
        if failure.retry_after is not None:
            lane.pause(now, failure.retry_after)
        if failure.busy:  # it is up, and says so
            self._answered(lane)
            return
        lane.breaker.failed(now)
        if self._failing_since is None:
            self._failing_since = now

    def _answered(self, lane: Lane) -> None:
        lane.breaker.succeeded()
        self._failing_since = None

    async def _take(self, avoid: Lane | None) -> Lane:
        while True:
            now = self._clock()
            self._probe_due(now)
            lane = self._choose(now, avoid)
            if lane is not None:
                lane.start()
                self._wake()  # there may be room for the next one, too
                return lane
            self._check_patience(now)
            await self._wait(now)

    def _choose(self, now: float, avoid: Lane | None) -> Lane | None:
        free = [lane for lane in self.lanes if lane.allows(now)]
        others = [lane for lane in free if lane is not avoid] or free
        return min(others, key=Lane.load, default=None)

    def _probe_due(self, now: float) -> None:
        """Asks endpoints whose circuit has been open for long enough whether they are back."""
        for lane in self.lanes:
            if lane.breaker.is_due(now):
                lane.breaker.probing = True
                task = asyncio.get_running_loop().create_task(self._probe(lane))
                self._probes.add(task)
                task.add_done_callback(self._probes.discard)

    async def _probe(self, lane: Lane) -> None:
        alive = False
        try:
            alive = await lane.transport.is_alive()
        finally:
            lane.breaker.probed(self._clock(), alive=alive)
            if alive:
                self._failing_since = None
            self._wake()

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
        """Until a lane is to be looked at, a request or probe ends, or patience is over."""
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
        """Lets the one that has waited longest look again; it wakes the next if it may go."""
        while self._waiting:
            woken = self._waiting.popleft()
            if not woken.done():
                woken.set_result(None)
                return
