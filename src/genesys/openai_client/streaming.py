"""Server-sent events: the chunks of a streamed reply."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

DONE = "[DONE]"


class StreamBroken(Exception):
    """A stream that holds no JSON objects, or ends before its completions do."""


async def chunks_of(lines: AsyncIterator[str]) -> AsyncGenerator[dict[str, Any]]:
    """Yields the chunks of a streamed reply.

    A stream is whole when it ends with `[DONE]`, or, from servers that send none, when every choice that
    began has its finish reason.

    Raises:
        StreamBroken: If an event is no JSON object, or the stream ends too early.
    """
    begun: set[object] = set()
    ended: set[object] = set()
    async for data in _events(lines):
        if data == DONE:
            return
        chunk = _parsed(data)
        for choice in chunk.get("choices") or ():
            if isinstance(choice, dict):
                begun.add(choice.get("index", 0))
                ended.update([choice.get("index", 0)] if choice.get("finish_reason") else [])
        yield chunk
    if not begun or begun - ended:
        raise StreamBroken("the stream ended before its completions did")


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The data of each event: its `data:` lines, joined."""
    data: list[str] = []
    async for line in lines:
        if not line:
            if data:
                yield "\n".join(data)
            data = []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
    if data:
        yield "\n".join(data)


def _parsed(data: str) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StreamBroken(f"the stream holds an event that is no JSON: {error}") from None
    if not isinstance(chunk, dict):
        raise StreamBroken(f"the stream holds a JSON {type(chunk).__name__}, no object")
    return chunk
