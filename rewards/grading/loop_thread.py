"""One background thread with an asyncio loop, for synchronous and asynchronous callers alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_CLOSING_SECONDS = 5.0
"""What `at_end` may have started, such as the closing of connections, gets so long to end."""


class LoopThread:
    """A daemon thread that runs an event loop until it is closed."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        """Whether the caller is on this thread, and would wait for itself."""
        return threading.current_thread() is self._thread

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Schedules a coroutine from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, at_end: Callable[[], None]) -> None:
        """Cancels what runs, calls `at_end` on the loop, stops it and joins the thread."""
        self.submit(_wind_up(at_end)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _wind_up(at_end: Callable[[], None]) -> None:
    while tasks := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    at_end()
    if closing := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
        await asyncio.wait(closing, timeout=_CLOSING_SECONDS)
    await asyncio.sleep(0)  # closed transports are done with in the next turn
