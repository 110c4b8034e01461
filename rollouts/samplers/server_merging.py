"""Several asynchronous iterators as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TypeVar

T = TypeVar("T")


async def merged(sources: Sequence[AsyncGenerator[T]]) -> AsyncGenerator[T]:
    """Yields what all sources yield, as it comes; the first error ends them all.

    Closing it closes the sources.
    """
    if len(sources) == 1:
        try:
            async for item in sources[0]:
                yield item
        finally:
            await sources[0].aclose()
        return
    queue: asyncio.Queue[T | _End] = asyncio.Queue()
    tasks = [asyncio.create_task(_pump(source, queue)) for source in sources]
    try:
        for _ in sources:
            while not isinstance(came := await queue.get(), _End):
                yield came
            if came.error is not None:
                raise came.error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _End:
    """The last thing that a source puts into the queue."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error


async def _pump(source: AsyncGenerator[T], queue: asyncio.Queue[T | _End]) -> None:
    try:
        async for item in source:
            queue.put_nowait(item)
    except Exception as error:  # noqa: BLE001  # raised where the items are taken
        queue.put_nowait(_End(error))
    else:
        queue.put_nowait(_End(None))
    finally:
        await source.aclose()
