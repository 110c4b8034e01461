"""What a refused request means: for this prompt, for this server, or for the whole harvest."""

from __future__ import annotations

import logging
from dataclasses import replace

from genesys.errors import EndpointError, RequestRefused, SamplerError
from genesys.openai_client import OpenAIClient
from genesys.rollouts.samplers.server_bodies import Batch, Bodies
from genesys.rollouts.samplers.server_prompts import Prompts

logger = logging.getLogger(__name__)

_OF_THE_REQUEST = frozenset({400, 413, 422})
"""Statuses that may be about one prompt; the others are about the key, the address or the model."""


class Refusals:
    """Tells refusals apart by asking the smallest request with the same settings.

    Args:
        client: Asks.
        bodies: Builds the JSON.
        prompts: Counts tokens.
        context: Tokens of prompt and completion at most, where the server says it.

    Attributes:
        n_refused: Whether the server has turned out to refuse several samples in one request.
    """

    def __init__(self, client: OpenAIClient, bodies: Bodies, prompts: Prompts, context: int | None) -> None:
        self._client = client
        self._bodies = bodies
        self._prompts = prompts
        self._context = context
        self.n_refused = False

    async def after(self, refusal: RequestRefused, batch: Batch) -> list[Batch] | None:
        """What to ask instead, or None where the prompt is at fault.

        Raises:
            SamplerError: If every request would be refused.
        """
        if refusal.status not in _OF_THE_REQUEST:
            raise SamplerError(refusal.fault, refusal.remedy) from refusal
        if len(batch.indices) > 1 and not await self._passes(several=True):
            await self._must_pass(refusal)
            logger.warning("the server refuses n: samples are asked for one by one from now on")
            self.n_refused = True
            return list(batch.alone())
        await self._must_pass(refusal)
        room = await self._room(batch)
        return None if room is None else [replace(batch, room=room)]

    async def _must_pass(self, refusal: RequestRefused) -> None:
        if not await self._passes(several=False):
            raise SamplerError(
                refusal.fault,
                refusal.remedy
                or "The server refuses these settings; change them, or drop seeds and extra_body.",
            ) from refusal

    async def _passes(self, *, several: bool) -> bool:
        try:
            await self._client.chat(self._bodies.probe(several=several))
        except RequestRefused:
            return False
        return True

    async def _room(self, batch: Batch) -> int | None:
        """What the context leaves for a completion, where it is less than was asked for."""
        if self._context is None or batch.room is not None:
            return None
        try:
            tokens, _ = await self._prompts.prompt(batch)
        except (EndpointError, SamplerError):
            return None
        said = 0 if batch.prefix is None or batch.prefix.tokens is None else batch.prefix.tokens
        room = self._context - len(tokens) - said
        return room if 0 < room < self._bodies.sampling.max_tokens else None
