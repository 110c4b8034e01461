"""How a server renders messages: what its template ends a prompt with, and the prompt's tokens.

vLLM says it at /tokenize and /detokenize, beside the protocol; other servers may not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from genesys.errors import EndpointError, MalformedReply, RequestRefused, SamplerError
from genesys.openai_client import OpenAIClient
from genesys.rollouts.samplers.server_bodies import Batch
from genesys.schema import open_think

_TAIL = 16
_RENDERING = ("chat_template", "chat_template_kwargs")


class Prompts:
    """Renders prompts through a server, and remembers what its template does.

    Args:
        client: Asks.
        model: The model's name.
        extra: Further fields of requests; what concerns rendering is passed on.
        opens: What the template ends prompts with, where that is known; None asks the server.
    """

    def __init__(self, client: OpenAIClient, model: str, extra: Mapping[str, Any], opens: str | None) -> None:
        self._client = client
        self._model = model
        self._rendering = {name: extra[name] for name in _RENDERING if name in extra}
        self._opens = opens
        self._asked = opens is not None
        self._asking = asyncio.Lock()
        self._openings: dict[str, list[int]] = {}

    async def opened(self, messages: Sequence[Mapping[str, str]]) -> str | None:
        """The open think tag that the template ends a prompt with, or ""; None where the server cannot say.

        Raises:
            EndpointError: If the server does not answer now.
        """
        async with self._asking:
            if not self._asked:
                self._opens = await self._ask_what_opens(messages)
                self._asked = True
        return self._opens

    async def prompt(self, batch: Batch) -> tuple[list[int], str]:
        """The tokens of a prompt with its opening, and what that opens (`open_think`).

        Raises:
            SamplerError: If the server does not say how it renders.
        """
        try:
            tokens = await self._tokens(messages=[dict(message) for message in batch.messages])
            opened = await self.opened(batch.messages)
            if opened is None:
                raise MalformedReply("its /detokenize gives no text")
            if opened or not batch.opening:
                return tokens, opened
            return tokens + await self._opening(batch.opening), open_think(batch.opening)
        except (RequestRefused, MalformedReply) as error:
            raise self._cannot(error) from error

    async def tokens_of(self, text: str) -> list[int]:
        """The tokens of a text in the middle of a completion.

        Raises:
            SamplerError: If the server does not say how it tokenises.
        """
        if not text:
            return []
        try:
            return await self._tokens(prompt=text, add_special_tokens=False)
        except (RequestRefused, MalformedReply) as error:
            raise self._cannot(error) from error

    async def _ask_what_opens(self, messages: Sequence[Mapping[str, str]]) -> str | None:
        try:
            tail = (await self._tokens(messages=[dict(message) for message in messages]))[-_TAIL:]
            reply = await self._client.post("/detokenize", {"model": self._model, "tokens": tail})
        except (RequestRefused, MalformedReply):
            return None
        text = reply.get("prompt")
        return open_think(text) if isinstance(text, str) else None

    async def _opening(self, text: str) -> list[int]:
        if text not in self._openings:
            self._openings[text] = await self._tokens(prompt=text, add_special_tokens=False)
        return self._openings[text]

    async def _tokens(self, **what: Any) -> list[int]:
        body = {"model": self._model, **what}
        if "messages" in what:
            body |= {"add_generation_prompt": True, **self._rendering}
        tokens = (await self._client.post("/tokenize", body)).get("tokens")
        if not isinstance(tokens, list) or not tokens or not all(isinstance(one, int) for one in tokens):
            raise MalformedReply("the server's /tokenize gives no tokens")
        return tokens

    def _cannot(self, error: EndpointError) -> SamplerError:
        return SamplerError(
            f"the server does not say how it renders prompts, which continuing samples needs: {error.fault}",
            "vLLM's server says it at /tokenize; continue them there, or with the sampler vllm.",
        )
