"""Requests to one endpoint over HTTP, each an attempt that succeeds, may be tried again, or is refused."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from genesys.errors import ConfigurationError, RequestRefused
from genesys.openai_client.attempt import AttemptFailed
from genesys.openai_client.endpoint import Endpoint
from genesys.openai_client.redaction import message_of, scrubbed, words_of
from genesys.openai_client.retrying import may_pass, retry_after
from genesys.openai_client.settings import ClientSettings
from genesys.openai_client.streaming import StreamBroken, chunks_of
from genesys.optional import require
from genesys.version import __version__

if TYPE_CHECKING:
    import httpx

_REMEDIES = {
    401: "Put the key into the environment variable {key_env}.",
    403: "The key in the environment variable {key_env} may not do this.",
    404: "Check the address, which should end in /v1, and the model's name.",
    413: "Shorten the prompt.",
}
_TOO_MANY = 429
_SMALL_TIMEOUT = 30.0
"""Seconds that a server may take to list its models."""

_NO_MONEY = b'"insufficient_quota"'
"""What OpenAI says, under 429, where waiting does not help."""


class Transport:
    """Sends to one endpoint. Nothing is followed elsewhere: a redirect would take the key along.

    Args:
        endpoint: Where to.
        settings: Timeouts, and how many connections to keep.

    Raises:
        MissingExtra: If httpx is not installed.
    """

    def __init__(self, endpoint: Endpoint, settings: ClientSettings) -> None:
        self._httpx = require("httpx", extra="server", feature="asking a server")
        self._endpoint = endpoint
        self._timeout = settings.timeout
        self._client = _client(settings)

    @property
    def url(self) -> str:
        """The base address."""
        return self._endpoint.url

    async def post(self, path: str, body: bytes) -> dict[str, Any]:
        """Posts JSON, and returns the object that comes back.

        Raises:
            AttemptFailed: If another attempt may end better.
            RequestRefused: If none will.
        """
        return await self._exchange("POST", path, body)

    async def models(self) -> dict[str, Any]:
        """Gets the list of models; errors as those of `post`."""
        async with _deadline(min(_SMALL_TIMEOUT, self._timeout), self.url):
            return await self._exchange("GET", "models", None)

    async def is_alive(self) -> bool:
        """Whether the endpoint answers a small question, in whatever words."""
        try:
            await self.models()
        except AttemptFailed as failure:
            return failure.busy
        except (RequestRefused, ConfigurationError):
            return True
        return True

    async def stream(self, path: str, body: bytes) -> AsyncGenerator[dict[str, Any]]:
        """Posts JSON, and yields the chunks of the stream that comes back; errors as those of `post`."""
        key = self._endpoint.key()
        with self._classified(key):
            async with self._client.stream(
                "POST", self._address(path), content=body, headers=self._headers(key)
            ) as response:
                if response.status_code != self._httpx.codes.OK:
                    self._check(response, await response.aread(), key)
                async with aclosing(chunks_of(response.aiter_lines())) as chunks:
                    async for chunk in chunks:
                        self._check_object(chunk, key)
                        yield chunk

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _exchange(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        key = self._endpoint.key()
        with self._classified(key):
            async with _deadline(self._timeout, self.url):
                response = await self._client.request(
                    method, self._address(path), content=body, headers=self._headers(key)
                )
        self._check(response, response.content, key)
        reply = self._parsed(response.content, key)
        self._check_object(reply, key)
        return reply

    def _address(self, path: str) -> str:
        return f"{self.url.removesuffix('/v1')}{path}" if path.startswith("/") else f"{self.url}/{path}"

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": f"genesys/{__version__}"}
        return headers if key is None else headers | {"Authorization": f"Bearer {key}"}

    @contextmanager
    def _classified(self, key: str | None) -> Iterator[None]:
        """Turns what httpx raises into an attempt that failed, or a configuration that cannot work."""
        httpx = self._httpx
        try:
            yield
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as error:
            fault = f"{self.url} cannot be asked: {scrubbed(str(error), key)}"
            raise ConfigurationError(fault) from None
        except httpx.HTTPError as error:
            words = scrubbed(str(error), key) or "no further words"
            raise AttemptFailed(f"{self.url}: {type(error).__name__}: {words}") from None
        except StreamBroken as error:
            raise AttemptFailed(f"{self.url}: {scrubbed(str(error), key)}", malformed=True) from None

    def _check(self, response: httpx.Response, content: bytes, key: str | None) -> None:
        if response.status_code != self._httpx.codes.OK:
            words, pause = words_of(content, key), retry_after(response.headers)
            self._refuse(response.status_code, words, pause, final=_NO_MONEY in content)

    def _check_object(self, reply: Mapping[str, Any], key: str | None) -> None:
        """Raises the error that some servers put into a reply of status 200."""
        error = reply.get("error")
        if not error or "choices" in reply:
            return
        code = error.get("code") if isinstance(error, Mapping) else None
        status = code if isinstance(code, int) and not isinstance(code, bool) and code >= 400 else 500
        self._refuse(status, scrubbed(message_of(reply) or str(error), key), None)

    def _refuse(self, status: int, words: str, pause: float | None, *, final: bool = False) -> None:
        fault = f"{self.url} answered {status}: {words}"
        if may_pass(status) and not final:
            raise AttemptFailed(fault, busy=status == _TOO_MANY, retry_after=pause)
        remedy = _REMEDIES.get(status, "")
        if 300 <= status < 400:
            remedy = "It redirects elsewhere; name the address it redirects to."
        raise RequestRefused(fault, remedy.format(key_env=self._endpoint.key_env) or None, status=status)

    def _parsed(self, content: bytes, key: str | None) -> dict[str, Any]:
        try:
            reply = json.loads(content)
        except (ValueError, RecursionError) as error:
            reason = "nothing" if not content.strip() else scrubbed(str(error), key)
            raise AttemptFailed(f"{self.url} answered 200 with no JSON: {reason}", malformed=True) from None
        if not isinstance(reply, dict):
            kind = type(reply).__name__
            raise AttemptFailed(f"{self.url} answered 200 with a JSON {kind}, no object", malformed=True)
        return reply


@asynccontextmanager
async def _deadline(seconds: float, url: str) -> AsyncIterator[None]:
    """`asyncio.timeout` whose end is an attempt that failed."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise AttemptFailed(f"{url} has not answered within {seconds:g} seconds") from None


def _client(settings: ClientSettings) -> httpx.AsyncClient:
    """The connections to one endpoint; a proxy that the environment names is used."""
    import httpx

    timeout = httpx.Timeout(settings.timeout, connect=settings.connect_timeout, pool=None)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=max(16, settings.concurrency))
    if getproxies().keys() & {"http", "https", "all"}:
        return httpx.AsyncClient(timeout=timeout, limits=limits)
    transport = httpx.AsyncHTTPTransport(limits=limits, socket_options=_keepalive())
    return httpx.AsyncClient(timeout=timeout, transport=transport)


def _keepalive() -> list[tuple[int, int, int]]:
    """Socket options by which a host that has vanished is noticed in two minutes, and not at the timeout."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # not on every system
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options
