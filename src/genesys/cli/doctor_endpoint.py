"""What `genesys doctor --endpoint URL` says of a server: tried out with requests of a few tokens."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from genesys.cli.doctor_line import Line
from genesys.errors import ConfigurationError, EndpointError, RequestRefused
from genesys.openai_client import ClientSettings, Endpoint, OpenAIClient

_SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
_FEW, _SOME = 16, 128
_SECONDS = 120.0


def endpoint_lines(url: str, key_env: str, model: str | None) -> list[Line]:
    """Whether a server answers, what it has, how fast, and which parts of the protocol it honours.

    Raises:
        ConfigurationError: If the address is none.
        MissingExtra: If httpx is not installed.
    """
    return asyncio.run(_collected(Endpoint(url=url, key_env=key_env), model))


async def _collected(endpoint: Endpoint, model: str | None) -> list[Line]:
    client = OpenAIClient(ClientSettings(endpoints=(endpoint,), attempts=2, timeout=_SECONDS))
    try:
        return [line async for line in _lines(client, endpoint.url, model)]
    finally:
        await client.aclose()


async def _lines(client: OpenAIClient, url: str, model: str | None) -> AsyncIterator[Line]:
    began = time.perf_counter()
    try:
        cards = await client.model_cards()
    except (EndpointError, ConfigurationError) as error:
        refused = isinstance(error, RequestRefused | ConfigurationError)
        remedy = error.remedy if refused else None
        yield Line(url, False, error.fault, remedy or "Check the address, and that the server runs.")
        return
    seconds = time.perf_counter() - began
    yield _models_line(url, cards, seconds)
    name = model or (str(cards[0]["id"]) if cards else None)
    if name is None:
        return
    async for line in Probe(client, name).lines():
        yield line


def _models_line(url: str, cards: Sequence[Mapping[str, Any]], seconds: float) -> Line:
    names = [_model(card) for card in cards[:5]] + (["…"] if len(cards) > 5 else [])
    if not cards:
        return Line(url, False, "answers, and has no model", "Load a model into the server.")
    return Line(url, True, f"answers in {1e3 * seconds:.0f} ms; models: {', '.join(names)}")


def _model(card: Mapping[str, Any]) -> str:
    length = card.get("max_model_len")
    return f"{card['id']} ({length:,} tokens)" if isinstance(length, int) else str(card["id"])


class Probe:
    """Tries a model out.

    Args:
        client: Asks.
        model: The model's name.
    """

    def __init__(self, client: OpenAIClient, model: str) -> None:
        self._client = client
        self._model = model

    async def lines(self) -> AsyncIterator[Line]:
        """One line each for an answer, n, seeds, log-probabilities, token ids, JSON schemas, streams and more."""
        began = time.perf_counter()
        try:
            reply = await self._ask(max_tokens=_FEW)
        except EndpointError as error:
            yield Line(
                f"  {self._model}", False, error.fault, error.remedy or "The model answers no plain request."
            )
            return
        yield self._answer_line(reply, time.perf_counter() - began)
        for name, look, without in (
            ("n in one request", self._n, "samples are asked for one by one"),
            ("seed", self._seed, "samples cannot be drawn again"),
            ("logprobs", self._logprobs, "no keep_tokens"),
            ("token ids", self._token_ids, "no keep_tokens"),
            ("JSON schema", self._schema, "judges' replies are parsed tolerantly"),
            ("streaming", self._streams, "no early stop of repetition"),
            ("rendering (/tokenize)", self._renders, "no openings and no continued samples"),
        ):
            try:
                found = await look()
            except EndpointError as error:
                found = f"refused: {error.fault}"
            honoured = found == "honoured"
            yield Line(f"  {name}", True if honoured else None, found, "" if honoured else without)

    async def _ask(self, **fields: Any) -> dict[str, Any]:
        messages = [{"role": "user", "content": "Write one line about the number seven, as JSON."}]
        return await self._client.chat({"model": self._model, "messages": messages, **fields})

    def _answer_line(self, reply: Mapping[str, Any], seconds: float) -> Line:
        choices = _choices(reply)
        if not choices:
            return Line(f"  {self._model}", False, "a reply without choices", "This is no chat model.")
        fields = [name for name in ("reasoning", "reasoning_content") if _message(choices[0]).get(name)]
        where = f"reasoning in {fields[0]!r}" if fields else "reasoning, if any, in the text"
        return Line(f"  {self._model}", True, f"answers in {1e3 * seconds:.0f} ms; {where}")

    async def _n(self) -> str:
        count = len(_choices(await self._ask(max_tokens=2, n=2)))
        return "honoured" if count == 2 else f"ignored: {count} of 2 choices"

    async def _seed(self) -> str:
        texts = [
            _text(await self._ask(max_tokens=_FEW, temperature=1.0, seed=seed)) for seed in (1, 1, 2, 3, 4)
        ]
        if texts[0] != texts[1]:
            return "ignored: the same seed gave another text"
        return "honoured" if len(set(texts)) > 1 else "unknown: all seeds gave one text"

    async def _logprobs(self) -> str:
        (choice, *_) = _choices(await self._ask(max_tokens=2, logprobs=True)) or [{}]
        return "honoured" if (choice.get("logprobs") or {}).get("content") else "ignored"

    async def _token_ids(self) -> str:
        (choice, *_) = _choices(await self._ask(max_tokens=2, return_token_ids=True)) or [{}]
        return "honoured" if choice.get("token_ids") else "ignored"

    async def _schema(self) -> str:
        schema = {"name": "probe", "schema": _SCHEMA, "strict": True}
        wanted = {"type": "json_schema", "json_schema": schema}
        reply = await self._ask(max_tokens=_SOME, response_format=wanted, temperature=0.0)
        (choice, *_) = _choices(reply) or [{}]
        try:
            value = json.loads(_message(choice).get("content") or "")
        except ValueError:
            cut = choice.get("finish_reason") == "length"
            return f"unknown: no end within {_SOME} tokens" if cut else "ignored"
        return "honoured" if isinstance(value, dict) and isinstance(value.get("ok"), bool) else "ignored"

    async def _streams(self) -> str:
        count = 0
        body = {"model": self._model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": _FEW}
        async with aclosing(self._client.stream("chat/completions", body)) as chunks:
            async for chunk in chunks:
                count += bool(chunk.get("choices"))
        return "honoured" if count > 1 else f"ignored: {count} chunks"

    async def _renders(self) -> str:
        body = {"model": self._model, "messages": [{"role": "user", "content": "Hi"}]}
        tokens = (await self._client.post("/tokenize", body)).get("tokens")
        return "honoured" if isinstance(tokens, list) and tokens else "ignored"


def _choices(reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [choice for choice in reply.get("choices") or () if isinstance(choice, dict)]


def _message(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    message = choice.get("message")
    return message if isinstance(message, dict) else {}


def _text(reply: Mapping[str, Any]) -> str:
    (choice, *_) = _choices(reply) or [{}]
    message = _message(choice)
    return "|".join(str(message.get(name)) for name in ("reasoning", "reasoning_content", "content"))
