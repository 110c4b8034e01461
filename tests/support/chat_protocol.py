"""The payloads of OpenAI's protocol, as the test server sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request for completions.

    Attributes:
        path: "/v1/chat/completions" or "/v1/completions".
        body: The parsed JSON.
        headers: By lower-case name.
        content: The text of the last message, or the prompt: what requests are counted by.
        number: How many requests for completions came before it.
        attempt: How many requests with the same content came before it.
        arrived: `time.monotonic()` of its arrival.
    """

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    content: str
    number: int
    attempt: int
    arrived: float

    @property
    def chat(self) -> bool:
        """Whether chat completions are asked for, and not plain ones."""
        return "chat" in self.path


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One choice of an answer.

    Attributes:
        content: The text; None as vLLM sends it while a think has not ended.
        reasoning: The text of the reasoning field, where the server has one.
        finish_reason: Of the protocol: "stop", "length", ...
        tokens: Completion tokens; by default the words of content and reasoning.
        token_ids: Sent where `return_token_ids` asks for them; by default 0, 1, 2, ...
    """

    content: str | None = ""
    reasoning: str | None = None
    finish_reason: str = "stop"
    tokens: int | None = None
    token_ids: Sequence[int] | None = None

    @property
    def count(self) -> int:
        """Completion tokens."""
        return len(self.words) if self.tokens is None else self.tokens

    @cached_property
    def words(self) -> list[str]:
        """The pieces it is streamed in; joined they are reasoning and content."""
        return [*self.thoughts, *pieces(self.content or "")]

    @cached_property
    def thoughts(self) -> list[str]:
        """Those of them that are reasoning."""
        return pieces(self.reasoning or "")


@dataclass(frozen=True, kw_only=True)
class Payload:
    """Builds the JSON of one answer.

    Attributes:
        asked: The request.
        model: The model's name.
        replies: One for each choice.
        reasoning_field: "reasoning" (vLLM) or "reasoning_content" (SGLang, DeepSeek).
        sends_tokens: Whether token ids and log-probabilities are sent where asked for.
        counts_each: Whether streamed chunks say how many tokens their choice has so far.
    """

    asked: Asked
    model: str
    replies: Sequence[Reply]
    reasoning_field: str = "reasoning"
    sends_tokens: bool = True
    counts_each: bool = False
    usage: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        prompt = len(self.asked.content.split())
        completion = sum(reply.count for reply in self.replies)
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }
        object.__setattr__(self, "usage", usage)

    def whole(self) -> dict[str, Any]:
        """The reply to a request that does not stream."""
        choices = [self._choice(index, reply) for index, reply in enumerate(self.replies)]
        kind = "chat.completion" if self.asked.chat else "text_completion"
        made: dict[str, Any] = self._head(kind) | {"choices": choices, "usage": dict(self.usage)}
        if self._wanted("return_token_ids"):
            made["prompt_token_ids"] = list(range(self.usage["prompt_tokens"]))
        return made

    def chunks(self) -> Iterator[dict[str, Any]]:
        """The chunks of a stream: the choices take turns, word by word."""
        head = self._head("chat.completion.chunk" if self.asked.chat else "text_completion")
        longest = max((len(reply.words) or 1 for reply in self.replies), default=0)
        for place in range(longest):
            for index, reply in enumerate(self.replies):
                if place < len(reply.words):
                    yield head | {"choices": [self._piece(index, reply, place)]} | self._so_far(place + 1)
                if place == max(0, len(reply.words) - 1):
                    yield head | {"choices": [self._last(index, reply)]} | self._so_far(reply.count)
        if (self.asked.body.get("stream_options") or {}).get("include_usage"):
            yield head | {"choices": [], "usage": dict(self.usage)}

    def _last(self, index: int, reply: Reply) -> dict[str, Any]:
        delta = {} if reply.reasoning is None else {self.reasoning_field: ""}
        empty: dict[str, Any] = {"delta": delta} if self.asked.chat else {"text": ""}
        return empty | {"index": index, "finish_reason": reply.finish_reason}

    def _so_far(self, tokens: int) -> dict[str, Any]:
        if not self.counts_each:
            return {}
        return {"usage": {"prompt_tokens": self.usage["prompt_tokens"], "completion_tokens": tokens}}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"reply-{self.asked.number}", "object": kind, "created": 0, "model": self.model}

    def _choice(self, index: int, reply: Reply) -> dict[str, Any]:
        made: dict[str, Any] = {"index": index, "finish_reason": reply.finish_reason, "logprobs": None}
        if self.asked.chat:
            message: dict[str, Any] = {"role": "assistant", "content": reply.content}
            if reply.reasoning is not None:
                message[self.reasoning_field] = reply.reasoning
            made["message"] = message
        else:
            made["text"] = reply.content or ""
        if self._wanted("return_token_ids"):
            made["token_ids"] = self._ids(reply)
        if self._wanted("logprobs"):
            made["logprobs"] = self._logprobs(reply.words)
        return made

    def _piece(self, index: int, reply: Reply, place: int) -> dict[str, Any]:
        word = reply.words[place]
        made: dict[str, Any] = {"index": index, "finish_reason": None}
        if self.asked.chat:
            thinking = place < len(reply.thoughts)
            made["delta"] = {self.reasoning_field if thinking else "content": word}
        else:
            made["text"] = word
        if self._wanted("return_token_ids"):
            made["token_ids"] = self._ids(reply)[place : place + 1]
        if self._wanted("logprobs"):
            made["logprobs"] = self._logprobs([word])
        return made

    def _wanted(self, name: str) -> bool:
        value = self.asked.body.get(name)
        return self.sends_tokens and value is not None and value is not False  # 0 log-probabilities is some

    def _ids(self, reply: Reply) -> list[int]:
        return list(range(reply.count)) if reply.token_ids is None else list(reply.token_ids)

    def _logprobs(self, words: Sequence[str]) -> dict[str, Any]:
        if self.asked.chat:
            return {"content": [{"token": word, "logprob": -0.5} for word in words]}
        return {"tokens": list(words), "token_logprobs": [-0.5 for _ in words]}


def pieces(text: str) -> list[str]:
    """A text cut in front of its spaces; joined again it is the text."""
    return re.findall(r" [^ ]*|[^ ]+", text)


def text_of(prompt: Any) -> str:
    """A prompt as text, from text or token ids."""
    return "".join(map(chr, prompt)) if isinstance(prompt, list) else str(prompt)


def tokenized(body: Mapping[str, Any], opens: str) -> dict[str, Any]:
    """The reply of /tokenize, to a prompt or to messages, or of /detokenize, to tokens."""
    if "tokens" in body:
        return {"prompt": text_of(body["tokens"])}
    messages = body.get("messages") or ()
    rendered = "".join(f"{message['role']}: {message['content']}\n" for message in messages)
    text = rendered + "assistant: " + opens if messages else body["prompt"]
    return {"count": len(text), "max_model_len": 1 << 20, "tokens": list(map(ord, text))}
