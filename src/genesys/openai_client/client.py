"""The client: calls of the protocol over several endpoints, limited, retried and counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from random import Random
from typing import Any

from genesys.errors import ConfigurationError, EndpointError, EndpointUnreachable, MalformedReply
from genesys.openai_client.attempt import AttemptFailed
from genesys.openai_client.lane import Lane
from genesys.openai_client.ledger import Ledger, usage_of
from genesys.openai_client.limits import RateLimits, estimated_tokens
from genesys.openai_client.pool import Pool
from genesys.openai_client.retrying import Attempts
from genesys.openai_client.settings import ClientSettings
from genesys.openai_client.transport import Transport


class OpenAIClient:
    """Asks servers that speak OpenAI's protocol. Used from one event loop.

    Args:
        settings: Endpoints and limits.

    Attributes:
        settings: As given.
        ledger: What was asked, and what it cost.

    Raises:
        MissingExtra: If httpx is not installed.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self.settings = settings
        self.ledger = Ledger(settings.price_prompt, settings.price_completion)
        self._random = Random()  # jitter, which must differ between the clients of one server
        self._transports = [Transport(endpoint, settings) for endpoint in settings.endpoints]
        lanes = [
            Lane(transport, endpoint.weight)
            for transport, endpoint in zip(self._transports, settings.endpoints, strict=True)
        ]
        self._pool = Pool(lanes, patience=settings.patience)
        self._limits = RateLimits(settings.requests_per_minute, settings.tokens_per_minute)
        self._slots = asyncio.Semaphore(settings.concurrency)

    async def chat(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Asks for chat completions and returns the reply; errors as those of `post`."""
        return await self.post("chat/completions", body)

    async def complete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Asks for completions of a prompt, text or token ids; errors as those of `post`."""
        return await self.post("completions", body)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Posts to any path under the base; one that begins with a slash stands beside it, as vLLM's /tokenize.

        Raises:
            EndpointUnreachable: If the attempts are used up, or nothing has worked for too long.
            RequestRefused: If the server refuses the request for good.
            MalformedReply: If the last attempt, too, brought no JSON object.
            ConfigurationError: If the body is no JSON, or the key no key.
        """
        data, tokens = _encoded(body)

        async def send(lane: Lane) -> dict[str, Any]:
            async with self._sending(tokens) as spent:
                reply = await lane.transport.post(path, data)
                spent(reply)
            return reply

        with self.ledger.call():
            return await self._retried(send)

    async def stream_chat(self, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """Streams chat completions; errors as those of `stream`."""
        async with aclosing(self.stream("chat/completions", body)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """Yields the chunks of a streamed reply, the last one with the usage where the server gives it.

        Closing the iterator closes the connection, and the server stops. Errors are those of `post`; a
        stream that breaks is tried again only while nothing has been yielded, and is `EndpointUnreachable`
        after that.
        """
        asked = {"stream_options": {"include_usage": True}} | dict(body) | {"stream": True}
        data, tokens = _encoded(asked)
        with self.ledger.call():
            attempts, avoid = Attempts(self.settings.attempts, self._random), None
            while True:
                yielded = False
                try:
                    async with self._slots, self._pool.lease(avoid) as lane:
                        avoid = lane
                        async with (
                            self._sending(tokens) as spent,
                            aclosing(lane.transport.stream(path, data)) as chunks,
                        ):
                            async for chunk in chunks:
                                spent(chunk)
                                yielded = True
                                yield chunk
                    return
                except AttemptFailed as failure:
                    if yielded:
                        raise EndpointUnreachable(f"a stream broke: {failure.fault}", broken=True) from None
                    await self._prepare_retry(attempts, failure, avoid)

    async def models(self) -> list[str]:
        """The models that the endpoints list, each once.

        Raises:
            EndpointError: If no endpoint lists any.
        """
        found = [str(card["id"]) for card in await self.model_cards()]
        return list(dict.fromkeys(found))

    async def model_cards(self) -> list[dict[str, Any]]:
        """What the endpoints say of their models, as they say it: `id`, maybe `max_model_len` and more.

        Raises:
            EndpointError: If no endpoint answers; one that refuses while others answer is left out.
        """
        listings = await asyncio.gather(*map(self._listing, self._transports), return_exceptions=True)
        cards: list[dict[str, Any]] = []
        faults: list[BaseException] = []
        for listing in listings:
            if isinstance(listing, BaseException):
                faults.append(listing)
            else:
                cards += listing
        if len(faults) == len(listings):
            raise faults[0]
        return cards

    async def health(self) -> dict[str, str]:
        """Whether each endpoint lists its models: "ok", or what is wrong."""
        listings = await asyncio.gather(*map(self._listing, self._transports), return_exceptions=True)
        state = {}
        for transport, listing in zip(self._transports, listings, strict=True):
            if isinstance(listing, BaseException) and not isinstance(
                listing, EndpointError | ConfigurationError
            ):
                raise listing
            state[transport.url] = (
                listing.fault if isinstance(listing, EndpointError | ConfigurationError) else "ok"
            )
        return state

    async def aclose(self) -> None:
        """Closes all connections; idempotent."""
        await self._pool.aclose()
        for transport in self._transports:
            await transport.aclose()

    async def _listing(self, transport: Transport) -> list[dict[str, Any]]:
        try:
            reply = await transport.models()
        except AttemptFailed as failure:
            raise _final(failure, 1) from None
        cards = reply.get("data")
        if not isinstance(cards, list):
            raise MalformedReply(f"{transport.url}/models lists no models")
        return [card for card in cards if isinstance(card, dict) and "id" in card]

    async def _retried(self, send: Callable[[Lane], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        attempts, avoid = Attempts(self.settings.attempts, self._random), None
        while True:
            try:
                async with self._slots, self._pool.lease(avoid) as lane:
                    avoid = lane
                    return await send(lane)
            except AttemptFailed as failure:
                await self._prepare_retry(attempts, failure, avoid)

    async def _prepare_retry(self, attempts: Attempts, failure: AttemptFailed, lane: Lane | None) -> None:
        """Waits before the next attempt, or raises where it was the last one."""
        delay = attempts.next_delay(busy=failure.busy)
        if delay is None:
            raise _final(failure, attempts.failed + attempts.busy) from None
        self.ledger.retries += 1
        others = lane is not None and self._pool.has_other(lane)
        if not (others and attempts.failed + attempts.busy < len(self._transports)):
            await asyncio.sleep(delay)  # unless another endpoint can be asked that has not been

    @asynccontextmanager
    async def _sending(self, tokens: int) -> AsyncIterator[Callable[[Mapping[str, Any]], None]]:
        """Waits for the limits; what the body hands over corrects them and enters the ledger."""
        await self._limits.wait(tokens)
        usages: list[tuple[int, int]] = []

        def spent(reply: Mapping[str, Any]) -> None:
            usage = usage_of(reply)
            if usage is not None:
                usages[:] = [usage]  # of a stream, the last one counts

        try:
            yield spent
        except AttemptFailed:
            self._limits.correct(0 if usages else tokens)
            raise
        finally:
            for usage in usages:
                self._limits.correct(tokens - sum(usage))
                self.ledger.used(usage)


def _encoded(body: Mapping[str, Any]) -> tuple[bytes, int]:
    """A body as bytes, and about how many tokens it will take."""
    try:
        text = json.dumps(dict(body), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the request is no JSON: {error}") from None
    return text.encode("ascii"), estimated_tokens(body, len(text))


def _final(failure: AttemptFailed, attempts: int) -> EndpointError:
    """The error of a call whose last attempt failed so."""
    times = "" if attempts == 1 else f" ({attempts} attempts)"
    if failure.malformed:
        return MalformedReply(f"{failure.fault}{times}")
    return EndpointUnreachable(
        f"{failure.fault}{times}", "Check that the server runs; `genesys doctor --endpoint URL` looks at it."
    )
