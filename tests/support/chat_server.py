"""A real HTTP server on loopback that speaks OpenAI's protocol, and misbehaves when told to.

    from chat_server import ChatServer, Fault, FaultMix, Reply

    with ChatServer(lambda asked, index: f"echo {asked.content}") as server:
        Endpoint(url=server.url)          # http://127.0.0.1:PORT/v1

It serves /v1/models, /v1/chat/completions, /v1/completions (both with n, stream, usage, logprobs,
return_token_ids; response_format and everything else is accepted and handed to your callable), /health, and vLLM's
/tokenize and /detokenize with one token a character; the template is `ROLE: CONTENT` and a line break for each
message, then `assistant: ` and what `opens` says.

**What it answers** is decided by `answer(asked, index)` for each choice: a text, or a `Reply` with reasoning,
finish reason and token count. `asked.body` is the request, `asked.content` its last message. An exception
in it is a 500 with the exception's text. It may be a coroutine function, too.

**How it misbehaves** is decided by `faults(asked)`: None, or a `Fault` (see `chat_faults.KINDS`). `FaultMix(seed,
{"429": .1, "500": .1, "reset": .05})` draws them reproducibly. A fault for the first attempts only:

    faults=lambda asked: Fault(kind="status", status=503, retry_after="0.1") if asked.attempt < 2 else None

**What it saw**, all safe to read from the test's thread:

    server.asked           every request for completions, in the order of arrival
    server.counts          requests by content, faulty ones too
    server.answered        whole answers sent, by content: each must be 1 where nothing is asked twice after success
    server.most_at_once    requests in flight at most
    server.broken_off      replies that the client closed before they were whole
    server.most_in(seconds)  requests that arrived in any window of so many seconds, at most

`server.wait_for(lambda: server.broken_off)` waits for what the server notices a moment later.

**Outages**: `server.stop()` closes the port and all connections, `server.start()` opens the same port again.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any, Self

from chat_faults import KINDS, USUAL, Fault, FaultMix
from chat_protocol import Asked, Payload, Reply, text_of, tokenized
from chat_wire import Aborted, Hurt, read_request, send_events, send_json

__all__ = ["KINDS", "USUAL", "Asked", "ChatServer", "Fault", "FaultMix", "Reply"]

Answer = Callable[[Asked, int], "str | Reply | Awaitable[str | Reply]"]


class ChatServer:
    """The server; a context manager that runs it on a thread of its own.

    Args:
        answer: The reply to a request, choice by choice.
        faults: How to misbehave, request by request.
        model: The name under /v1/models, the only one served unless `any_model`.
        any_model: Serve whatever model a request names; else an unknown one is a 404.
        key: Demand this key; else 401.
        seconds: What each answer takes.
        word_seconds: What each streamed word takes.
        honours_n: Whether `n` is honoured; else one choice comes, silently, as from `transformers serve`.
        opens: What the template ends the prompt with, such as "<think>" and a line break.
        tokenizes: Whether there are /tokenize and /detokenize.
        sends_tokens: Whether `return_token_ids` and `logprobs` are honoured.
        counts_each: Whether each streamed chunk says its choice's tokens, as vLLM's `continuous_usage_stats`.
        owner: `owned_by` of the model's card.
        reasoning_field: Where `Reply.reasoning` goes.
        max_model_len: Said in the model's card, where given.
    """

    def __init__(
        self,
        answer: Answer = lambda asked, index: f"echo {asked.content}",
        *,
        faults: Callable[[Asked], Fault | None] = lambda asked: None,
        model: str = "test-model",
        any_model: bool = False,
        key: str | None = None,
        seconds: float = 0.0,
        word_seconds: float = 0.0,
        honours_n: bool = True,
        opens: str = "",
        tokenizes: bool = True,
        sends_tokens: bool = True,
        counts_each: bool = False,
        owner: str = "tests",
        reasoning_field: str = "reasoning",
        max_model_len: int | None = None,
    ) -> None:
        self._opens, self._tokenizes, self._owner = opens, tokenizes, owner
        self._payload_options: dict[str, Any] = {
            "reasoning_field": reasoning_field,
            "sends_tokens": sends_tokens,
            "counts_each": counts_each,
        }
        self.model, self.key = model, key
        self._answer, self._faults = answer, faults
        self._any_model, self._honours_n = any_model, honours_n
        self._seconds, self._word_seconds, self._max_model_len = seconds, word_seconds, max_model_len
        self.asked: list[Asked] = []
        self.counts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.most_at_once = self.broken_off = self.model_listings = self.port = 0
        self._at_once = 0
        self._connections: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base address, with /v1."""
        return f"http://127.0.0.1:{self.port}/v1"

    def most_in(self, seconds: float) -> int:
        """Requests that arrived in any half-open window of so many seconds, at most."""
        times = [asked.arrived for asked in self.asked]
        most = first = 0
        for last, arrived in enumerate(times):
            while times[first] <= arrived - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def wait_for(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Waits until something is so; the server notices a client that has gone a moment later.

        Raises:
            TimeoutError: If it does not come about.
        """
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError("the server has not come to that")
            time.sleep(0.005)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Opens the port: a free one, and the same one after a `stop`."""
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)), daemon=True)
        self._thread.start()
        ready.result(timeout=30)

    def stop(self) -> None:
        """Closes the port and breaks off all connections; idempotent."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._loop = None

    async def _main(self, ready: Future[None]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(
                self._serve, "127.0.0.1", self.port, limit=2**24, backlog=2048
            )
        except OSError as error:
            ready.set_exception(error)
            return
        self.port = server.sockets[0].getsockname()[1]
        ready.set_result(None)
        await self._stopping.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while (request := await read_request(reader)) is not None:
                await self._handle(*request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        except Aborted:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _handle(
        self, path: str, headers: Mapping[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        if path == "/health":
            await send_json(writer, 200, {})
        elif self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            given = headers.get("authorization", "none")
            await send_json(writer, 401, {"error": {"message": f"Incorrect API key provided: {given}"}})
        elif path == "/v1/models":
            self.model_listings += 1
            await send_json(writer, 200, {"object": "list", "data": [self._card()]})
        elif path in ("/v1/chat/completions", "/v1/completions"):
            await self._complete(path, headers, json.loads(body), writer)
        elif path in ("/tokenize", "/detokenize") and self._tokenizes:
            await send_json(writer, 200, tokenized(json.loads(body), self._opens))
        else:
            await send_json(writer, 404, {"error": {"message": f"there is nothing at {path}"}})

    def _card(self) -> dict[str, Any]:
        card: dict[str, Any] = {"id": self.model, "object": "model", "owned_by": self._owner}
        return card if self._max_model_len is None else card | {"max_model_len": self._max_model_len}

    async def _complete(
        self, path: str, headers: Mapping[str, str], body: dict[str, Any], writer: asyncio.StreamWriter
    ) -> None:
        asked = self._note(path, headers, body)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            fault = self._faults(asked)
            if fault is not None and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            await asyncio.sleep(self._seconds)
            await self._reply(asked, Hurt(fault), writer)
        except ConnectionError:
            self.broken_off += 1
            raise
        finally:
            self._at_once -= 1

    def _note(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> Asked:
        messages = body.get("messages")
        content = str(messages[-1].get("content")) if messages else text_of(body.get("prompt"))
        asked = Asked(
            path=path,
            body=body,
            headers=headers,
            content=content,
            number=len(self.asked),
            attempt=self.counts[content],
            arrived=time.monotonic(),
        )
        self.asked.append(asked)
        self.counts[content] += 1
        return asked

    async def _reply(self, asked: Asked, hurt: Hurt, writer: asyncio.StreamWriter) -> None:
        if hurt.refusal is not None:
            await hurt.refuse(writer)
            return
        if asked.body.get("model") != self.model and not self._any_model:
            message = f"The model `{asked.body.get('model')}` does not exist."
            await send_json(writer, 404, {"error": {"message": message, "code": 404}})
            return
        try:
            payload = await self._payload(asked)
        except Exception as error:  # noqa: BLE001  # a test's callable: said to the client, as servers do
            await send_json(writer, 500, {"error": {"message": f"{type(error).__name__}: {error}"}})
            return
        if asked.body.get("stream"):
            await send_events(writer, list(payload.chunks()), hurt, self._word_seconds)
        else:
            await send_json(writer, 200, payload.whole(), hurt=hurt)
        if hurt.harmless:
            self.answered[asked.content] += 1

    async def _payload(self, asked: Asked) -> Payload:
        replies = []
        for index in range(asked.body.get("n") or 1 if self._honours_n else 1):
            made = self._answer(asked, index)
            made = await made if inspect.isawaitable(made) else made
            replies.append(Reply(content=made) if isinstance(made, str) else made)
        return Payload(asked=asked, model=self.model, replies=replies, **self._payload_options)
