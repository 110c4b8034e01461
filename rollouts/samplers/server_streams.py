"""Streamed replies: samples that arrive as they end, and loops that are not waited for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from genesys.errors import EndpointUnreachable
from genesys.rollouts.repetition import RepetitionDetector, RepetitionRule
from genesys.rollouts.samplers.server_replies import Draft, prompt_tokens, sampled_tokens, share_tokens


class Stream:
    """The samples of one streamed request.

    Args:
        count: Samples asked for.
        max_tokens: Tokens each may have.
        rule: Ends a sample that falls into repetition, if it is the only one: closing the stream is what
            stops the server. Tokens are watched where the server sends their ids, else characters.

    Attributes:
        prompt_tokens: Tokens of the prompt, once the server has said it.
    """

    def __init__(self, count: int, max_tokens: int, rule: RepetitionRule | None) -> None:
        self._max_tokens = max_tokens
        self._drafts: dict[int, Draft] = {}
        self._yielded: set[int] = set()
        self._rule = rule if count == 1 else None
        self._detector: RepetitionDetector | None = None
        self.prompt_tokens: int | None = None

    async def samples(self, chunks: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[tuple[int, Draft]]:
        """Yields each sample's place and draft when it has ended and its tokens are counted.

        Where the server counts them together, that is with the last one. Should the stream break, those
        that had ended come without a count.

        Raises:
            EndpointError: If the stream cannot be had or breaks, after what had ended is yielded.
        """
        async with aclosing(chunks):
            try:
                async for chunk in chunks:
                    self._take(chunk)
                    for ended in self._ended(counted=True):
                        yield ended
                    if self._detector is not None and self._detector.found:
                        self._drafts[0].finish_reason = "repetition"
                        break
            except EndpointUnreachable:
                for ended in self._ended(counted=False):
                    yield ended
                raise
        for ended in self._ended(counted=False):
            yield ended

    def _take(self, chunk: Mapping[str, Any]) -> None:
        self.prompt_tokens = prompt_tokens(chunk) or self.prompt_tokens
        choices = [choice for choice in chunk.get("choices") or () if isinstance(choice, Mapping)]
        sampled = sampled_tokens(chunk)
        for choice in choices:
            draft = self._drafts.setdefault(int(choice.get("index") or 0), Draft())
            text = draft.add(choice)
            if sampled is not None and len(choices) == 1:  # vLLM's continuous counts are of this choice
                draft.tokens = sampled
            self._watch(choice, text)
        if not choices and sampled is not None:
            share_tokens(list(self._drafts.values()), sampled, self._max_tokens)

    def _watch(self, choice: Mapping[str, Any], text: str) -> None:
        if self._rule is None:
            return
        ids = choice.get("token_ids")
        if self._detector is None and (ids or text):
            self._detector = RepetitionDetector(self._rule if ids else self._rule.for_characters())
        if self._detector is not None:
            self._detector.extend(ids if isinstance(ids, list) else text)

    def _ended(self, *, counted: bool) -> list[tuple[int, Draft]]:
        ready = [
            (index, draft)
            for index, draft in self._drafts.items()
            if index not in self._yielded
            and draft.finish_reason is not None
            and (not counted or draft.count is not None)
        ]
        self._yielded.update(index for index, _ in ready)
        return ready
