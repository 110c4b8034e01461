"""Calls of the client for OpenAI's protocol, made short for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from genesys.openai_client import ClientSettings, Endpoint, OpenAIClient

T = TypeVar("T")


def using(
    *urls: str, work: Callable[[OpenAIClient], Awaitable[T]], key_env: str = "", **settings: Any
) -> tuple[T, dict[str, Any]]:
    """Runs work with a client of these endpoints; returns what it returns, and the ledger."""

    async def run() -> tuple[T, dict[str, Any]]:
        endpoints = tuple(Endpoint(url=url, key_env=key_env) for url in urls)
        client = OpenAIClient(ClientSettings(endpoints=endpoints, **settings))
        try:
            return await work(client), client.ledger.snapshot()
        finally:
            await client.aclose()

    return asyncio.run(run())


def body(content: str, **fields: Any) -> dict[str, Any]:
    return {"model": "test-model", "messages": [{"role": "user", "content": content}], **fields}


async def said(client: OpenAIClient, content: str, **fields: Any) -> str:
    """The text that a chat completion answers."""
    reply = await client.chat(body(content, **fields))
    return str(reply["choices"][0]["message"]["content"])


async def streamed(client: OpenAIClient, content: str) -> str:
    """The text that a streamed chat completion answers."""
    pieces = []
    async for chunk in client.stream_chat(body(content)):
        pieces += [choice["delta"].get("content", "") for choice in chunk["choices"]]
    return "".join(pieces)
