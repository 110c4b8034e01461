"""What servers send, read into one form: whole replies and streams alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from genesys.schema import FinishReason

REASONING_FIELDS = ("reasoning", "reasoning_content")
"""Where servers put the reasoning: vLLM and OpenRouter; SGLang, DeepSeek and llama.cpp."""

FINISH_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "end_turn": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    "length": "length",
    "max_tokens": "length",
    "repetition": "repetition",
}
"""What servers say for ours; anything else (`abort`, `content_filter`, nothing) is no finished sample."""


@dataclass(kw_only=True)
class Draft:
    """One sample as far as it has come.

    Attributes:
        content: Pieces of the text.
        reasoning: Pieces of the reasoning, where it has a field of its own.
        finish_reason: The server's word, or None while it goes on.
        token_ids: Sampled tokens, where the server sends them.
        logprobs: Their log-probabilities, where the server sends them.
        tokens: Sampled tokens as the server counts them for this sample, or None.
        separated: Whether the server has a field for the reasoning, be it empty: vLLM's is null where
            nothing separates the reasoning from the text.
    """

    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    token_ids: list[int] | None = None
    logprobs: list[float] | None = None
    tokens: int | None = None
    separated: bool = False

    def add(self, choice: Mapping[str, Any]) -> str:
        """Takes a choice of a reply, or its next piece in a stream; returns the text that came."""
        message = choice.get("message") or choice.get("delta") or {"content": choice.get("text")}
        content = _text(message.get("content"))
        fields = [message[name] for name in REASONING_FIELDS if isinstance(message.get(name), str)]
        self.separated = self.separated or bool(fields)
        reasoning = next(filter(None, fields), "")
        if content:
            self.content.append(content)
        if reasoning:
            self.reasoning.append(reasoning)
        self.finish_reason = choice.get("finish_reason") or self.finish_reason
        self._add_tokens(choice)
        return reasoning + content

    @property
    def finish(self) -> FinishReason:
        """Our word for how it ended."""
        return FINISH_REASONS.get(self.finish_reason or "", "error")

    @property
    def parts(self) -> tuple[str | None, str | None]:
        """Content and reasoning, as `canonical_text` takes them: content is None while the reasoning lasts."""
        content, reasoning = "".join(self.content), "".join(self.reasoning)
        if reasoning and not content and self.finish_reason != "stop":
            return None, reasoning
        return content, reasoning or None

    @property
    def count(self) -> int | None:
        """Sampled tokens, exactly, or None where that is not known."""
        return self.tokens if self.token_ids is None else len(self.token_ids)

    def _add_tokens(self, choice: Mapping[str, Any]) -> None:
        ids = choice.get("token_ids")
        if isinstance(ids, Sequence):
            self.token_ids = (self.token_ids or []) + list(ids)
        logprobs = _logprobs(choice.get("logprobs"))
        if logprobs is not None:
            self.logprobs = (self.logprobs or []) + logprobs


def drafts_of(reply: Mapping[str, Any], max_tokens: int) -> list[Draft]:
    """The samples of a whole reply, in the order of their indices."""
    choices = [choice for choice in reply.get("choices") or () if isinstance(choice, Mapping)]
    drafts = []
    for choice in sorted(choices, key=lambda choice: int(choice.get("index") or 0)):
        drafts.append(Draft())
        drafts[-1].add(choice)
    share_tokens(drafts, sampled_tokens(reply), max_tokens)
    return drafts


def share_tokens(drafts: Sequence[Draft], total: int | None, max_tokens: int) -> None:
    """Gives each sample its tokens of a request's total: exact for one, by length of text for several.

    What ended at the limit has as many as the limit says.
    """
    unknown = [draft for draft in drafts if draft.count is None]
    if total is None or not unknown:
        return
    if len(drafts) > 1:
        for draft in unknown:
            draft.tokens = max_tokens if draft.finish == "length" else None
        unknown = [draft for draft in unknown if draft.tokens is None]
    left = max(0, total - sum(draft.count or 0 for draft in drafts))
    lengths = [sum(map(len, draft.content)) + sum(map(len, draft.reasoning)) for draft in unknown]
    for place, draft in enumerate(unknown):
        rest = sum(lengths[place:])
        share = round(left * lengths[place] / rest) if rest else left // (len(unknown) - place)
        draft.tokens = min(share, max_tokens)
        left -= draft.tokens


def prompt_tokens(reply: Mapping[str, Any]) -> int | None:
    """Tokens of the prompt, where the reply or chunk says it."""
    return _usage(reply, "prompt_tokens")


def sampled_tokens(reply: Mapping[str, Any]) -> int | None:
    """Tokens sampled, of all choices together, where the reply or chunk says it."""
    return _usage(reply, "completion_tokens")


def _usage(reply: Mapping[str, Any], name: str) -> int | None:
    usage = reply.get("usage")
    count = usage.get(name) if isinstance(usage, Mapping) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _logprobs(value: object) -> list[float] | None:
    """Log-probabilities of sampled tokens, from the form of chats or that of plain completions."""
    if not isinstance(value, Mapping):
        return None
    if isinstance(value.get("content"), Sequence):
        return [float(token["logprob"]) for token in value["content"]]
    listed = value.get("token_logprobs")
    return [float(one) for one in listed if one is not None] if isinstance(listed, Sequence) else None
