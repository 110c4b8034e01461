"""The requests that the server sampler sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from genesys.rollouts.sampler import Prefix, SampleRequest
from genesys.schema import Sampling


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Samples of one problem that one request asks for; their seeds follow one another.

    Attributes:
        messages: The problem's messages.
        indices: Places in the group.
        seed: Seed of the first; vLLM gives the others the next ones.
        opening: What the assistant's turn begins with (`SampleRequest.opening`).
        prefix: What the only sample says already, where it is continued.
        room: Tokens that the context leaves, where that is known to be less than the limit.
    """

    messages: tuple[Mapping[str, str], ...]
    indices: tuple[int, ...]
    seed: int
    opening: str = ""
    prefix: Prefix | None = None
    room: int | None = None

    def alone(self) -> Iterator[Batch]:
        """The same samples, one request each."""
        for place, index in enumerate(self.indices):
            yield replace(self, indices=(index,), seed=self.seed + place)

    def without(self, done: Sequence[int]) -> Iterator[Batch]:
        """The samples that are not done yet, one request each."""
        return (one for one in self.alone() if one.indices[0] not in done)


def batches_of(request: SampleRequest, *, together: bool) -> Iterator[Batch]:
    """Splits a request into batches whose seeds follow one another.

    Args:
        request: The request.
        together: Whether one request may ask for several samples.
    """
    prefixes = request.prefix or (None,) * len(request.sample_indices)
    indices: list[int] = []
    first = 0
    last: Prefix | None = None

    def made() -> Batch:
        return Batch(
            messages=request.messages,
            indices=tuple(indices),
            seed=first,
            opening=request.opening,
            prefix=last,
        )

    for index, seed, prefix in zip(request.sample_indices, request.seeds, prefixes, strict=True):
        follows = together and prefix is None and last is None and seed == first + len(indices)
        if indices and not follows:
            yield made()
            indices = []
        if not indices:
            first = seed
        indices.append(index)
        last = prefix
    if indices:
        yield made()


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """Builds request bodies from what is the same for all of them.

    Attributes:
        model: The model's name.
        sampling: Settings of every sample.
        extra: Further fields of the body; they win.
        keep_tokens: Whether token ids and log-probabilities are asked for.
        seeds: Whether seeds are sent.
        stream: Whether the reply is to be streamed.
        vllm: Whether vLLM's own fields may be used.
    """

    model: str
    sampling: Sampling
    extra: Mapping[str, Any]
    keep_tokens: bool
    seeds: bool
    stream: bool
    vllm: bool

    def chat(self, batch: Batch) -> dict[str, Any]:
        """Of a chat completion: the server renders the messages."""
        body = {"messages": [dict(message) for message in batch.messages], **self._shared(batch)}
        if self.keep_tokens:
            body["logprobs"] = True
        return {**body, **self.extra}

    def probe(self, *, several: bool) -> dict[str, Any]:
        """Of the smallest request with the same settings: if it is refused, no prompt is at fault."""
        hello = ({"role": "user", "content": "Hi"},)
        body = self.chat(Batch(messages=hello, indices=(0, 1) if several else (0,), seed=0, room=1))
        return body | {name: 1 for name in ("max_completion_tokens",) if name in body}

    def plain(self, batch: Batch, prompt: Sequence[int], max_tokens: int) -> dict[str, Any]:
        """Of a plain completion: the prompt is tokens, rendered already."""
        body = {"prompt": list(prompt), **self._shared(batch), "max_tokens": max_tokens}
        if self.keep_tokens:
            body["logprobs"] = 0  # of the sampled token alone
        rendering = ("chat_template", "chat_template_kwargs", "max_completion_tokens")
        return body | {name: value for name, value in self.extra.items() if name not in rendering}

    def _shared(self, batch: Batch) -> dict[str, Any]:
        sampling = self.sampling
        body: dict[str, Any] = {
            "model": self.model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
        }
        if "max_completion_tokens" not in self.extra:
            body["max_tokens"] = min(sampling.max_tokens, batch.room or sampling.max_tokens)
        optional = {
            "top_k": sampling.top_k,  # no field of OpenAI's own: sent only where it says something
            "stop": list(sampling.stop),
            "n": len(batch.indices) if len(batch.indices) > 1 else 0,
            "return_token_ids": self.keep_tokens,
        }
        body |= {name: value for name, value in optional.items() if value}
        if self.seeds:
            body["seed"] = batch.seed
        if self.stream and self.vllm:  # counts of each sample, and not of all together
            body["stream_options"] = {"include_usage": True, "continuous_usage_stats": True}
        return body
