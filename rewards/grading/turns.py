"""Quick verdicts on a caller's event loop, a few milliseconds at a time.

A thousand verifications that start together would hold the loop for as long as all their quick verdicts
take. Handing them to another thread is worse: both then fight for the interpreter's lock, at five
milliseconds a turn. So they queue up, and one task works the queue off in slices, between which the loop
does whatever else is due.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

SLICE_SECONDS = 0.002


class Turns(Generic[T]):
    """The queues of all loops that ask, one each."""

    def __init__(self) -> None:
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[T]] = WeakKeyDictionary()

    async def run(self, work: Callable[[], T]) -> T:
        """Runs a short, synchronous piece of work on the running loop when its turn comes."""
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue()
        return await queue.add(work)


class _Queue(Generic[T]):
    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[], T], asyncio.Future[T]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    def add(self, work: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((work, future))
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work_off())
        return future

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                until = time.perf_counter() + SLICE_SECONDS
                while self._waiting and time.perf_counter() < until:
                    work, future = self._waiting.popleft()
                    if not future.done():  # its caller has not given up meanwhile
                        _settle(work, future)
                await asyncio.sleep(0)
        finally:  # also when somebody cancels every task of the loop: nobody waits for ever
            self._worker = None  # a finished task would keep its loop alive
            while self._waiting:
                self._waiting.popleft()[1].cancel()


def _settle(work: Callable[[], T], future: asyncio.Future[T]) -> None:
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001  # raised again where it is awaited
        future.set_exception(error)
