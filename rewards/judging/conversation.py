"""Asking a judge: one request, and one more where the reply cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genesys.errors import EndpointError, EndpointUnreachable, MalformedReply, RequestRefused
from genesys.rewards.judging.question import JudgeFailed, Question
from genesys.rewards.judging.rendering import Asked, render_again
from genesys.rewards.judging.replies import Judgement, UnreadableReply, read_reply
from genesys.rewards.judging.settings import SchemaUse

if TYPE_CHECKING:
    from genesys.openai_client import OpenAIClient

logger = logging.getLogger(__name__)

_NO_SCHEMA = (400, 404, 415, 422, 501)
"""What servers answer that do not know `response_format`; others mean the request as such."""

_MAX_REFUSALS = 3
"""Different refusals that are logged; the verdicts count them all."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A judgement and where it comes from.

    Attributes:
        judgement: The judgement.
        reply: The reply that it was read from.
        repaired: Whether the first reply could not be read.
    """

    judgement: Judgement
    reply: str
    repaired: bool


class Judge:
    """One judge behind its client.

    Args:
        client: Asks; it keeps limits and retries.
        schema: Whether and which JSON schema goes with a request, until the server refuses it.
        stream: Whether replies are streamed, which keeps proxies patient with a judge that thinks for long.
    """

    def __init__(self, client: OpenAIClient, schema: SchemaUse, *, stream: bool = False) -> None:
        self.client = client
        self.schema = schema
        self._send = self._streamed if stream else self._whole
        self._refusals: set[str] = set()

    async def answer(self, question: Question) -> Answered:
        """Asks, and asks once more where the reply cannot be read.

        Raises:
            JudgeFailed: With the cause of the verdict that there cannot be.
        """
        content = await self._content(question, question.asked)
        try:
            return _answered(question, content, question.asked, repaired=False)
        except UnreadableReply as unreadable:
            again = render_again(question.rubric, question.asked, content or "", unreadable.fault)
        content = await self._content(question, again)
        try:
            return _answered(question, content, again, repaired=True)
        except UnreadableReply as unreadable:
            raise JudgeFailed("judge_unparseable", fault=unreadable.fault) from None

    async def _content(self, question: Question, asked: Asked) -> str | None:
        try:
            return await self._sent(question, asked)
        except RequestRefused as error:
            if error.fault not in self._refusals and len(self._refusals) < _MAX_REFUSALS:
                self._refusals.add(error.fault)
                logger.warning("a judge's server refuses: %s", error.fault)
            raise JudgeFailed("judge_refused", status=error.status) from None
        except MalformedReply as error:
            logger.info("a judge's server sends what is no reply: %s", error.fault)
            raise JudgeFailed("judge_unparseable", fault="the server sent no reply of the protocol") from None
        except EndpointError as error:
            logger.info("a judge is unreachable: %s", error.fault)
            raise JudgeFailed("judge_unreachable") from None

    async def _sent(self, question: Question, asked: Asked) -> str | None:
        use = self.schema
        try:
            return await self._send(question.body(use, asked))
        except RequestRefused as error:
            if use == "off" or error.status not in _NO_SCHEMA:
                raise
        content = await self._send(question.body("off", asked))
        if self.schema != "off":
            self.schema = "off"
            logger.warning("the server of %s refuses JSON schemas: it is asked without", question.model)
        return content

    async def _whole(self, body: dict[str, Any]) -> str | None:
        return _content_of(await self.client.chat(body), "message")

    async def _streamed(self, body: dict[str, Any]) -> str | None:
        """The streamed reply; one that breaks in the middle is asked for again."""
        for last_try in (False, False, True):
            pieces: list[str] = []
            try:
                async with aclosing(self.client.stream_chat(body)) as chunks:
                    async for chunk in chunks:
                        pieces.append(_content_of(chunk, "delta") or "")
                return "".join(pieces)
            except EndpointUnreachable:
                if last_try or not any(pieces):
                    raise
        raise AssertionError("unreachable")


def _answered(question: Question, content: str | None, asked: Asked, *, repaired: bool) -> Answered:
    judgement = read_reply(question.rubric, content, asked.receipt)
    return Answered(judgement=judgement, reply=content or "", repaired=repaired)


def _content_of(reply: Mapping[str, Any], where: str) -> str | None:
    """The text of the first choice; None where there is none, which is then an empty reply."""
    choices = reply.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get(where) if isinstance(first, Mapping) else None
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, list):  # parts, as some servers send them
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else None
