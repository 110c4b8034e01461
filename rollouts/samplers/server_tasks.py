"""How a batch is asked: as messages that the server renders, or as tokens where the rendering must be ours."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genesys.rollouts.sampler import Prefix
from genesys.rollouts.samplers.server_bodies import Batch, Bodies
from genesys.rollouts.samplers.server_prompts import Prompts

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Task:
    """One request, ready to be sent.

    Attributes:
        path: "chat/completions" or "completions".
        body: Its JSON.
        opened: What the prompt ends with (`open_think`), or None where nobody knows.
        max_tokens: The most tokens that are still to come; below 1 there is nothing to ask.
        prefix: What the sample says already, where it is continued.
        said: The prefix's tokens.
        prompt_tokens: Tokens of the prompt, where counted here.
    """

    path: str
    body: Mapping[str, Any]
    opened: str | None
    max_tokens: int
    prefix: Prefix | None = None
    said: Sequence[int] = ()
    prompt_tokens: int | None = None


class Tasks:
    """Makes tasks of batches.

    Messages are sent as they are, but where the assistant's turn has an opening that the template does not
    write itself, or a text to be continued: templates drop the reasoning of earlier turns, so these are
    rendered to tokens first and go to the plain completions. A server that cannot say how it renders is
    left to its template, with a warning, and continues nothing.

    Args:
        bodies: Builds the JSON.
        prompts: Renders.
    """

    def __init__(self, bodies: Bodies, prompts: Prompts) -> None:
        self._bodies = bodies
        self._prompts = prompts
        self._warned = False

    async def of(self, batch: Batch) -> Task:
        """The task of a batch.

        Raises:
            SamplerError: If the server cannot say how it renders, and the task needs it.
            EndpointError: If the server does not answer now.
        """
        opened = await self._prompts.opened(batch.messages)
        limit = self._bodies.sampling.max_tokens
        if opened is None and batch.opening:
            self._warn(batch.opening)
        if batch.prefix is None and (opened is None or opened or not batch.opening):
            room = min(limit, batch.room or limit)
            return Task(
                path="chat/completions", body=self._bodies.chat(batch), opened=opened, max_tokens=room
            )
        return await self._plain(batch, limit)

    def _warn(self, opening: str) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(
                "the server does not say how it renders prompts: whether the assistant's turn begins with %r "
                "is up to its chat template (vLLM's server says it; else give template_opens)",
                opening,
            )

    async def _plain(self, batch: Batch, limit: int) -> Task:
        prompt, opened = await self._prompts.prompt(batch)
        said: Sequence[int] = ()
        if batch.prefix is not None:
            known = batch.prefix.token_ids
            said = known if known is not None else await self._prompts.tokens_of(batch.prefix.after(opened))
        left = min(limit - len(said), batch.room or limit)
        return Task(
            path="completions",
            body=self._bodies.plain(batch, [*prompt, *said], left),
            opened=opened,
            max_tokens=left,
            prefix=batch.prefix,
            said=said,
            prompt_tokens=len(prompt),
        )
