r"""Sampler `server`: models behind servers of OpenAI's protocol, one or many.

    genesys collect --sampler server --endpoint http://node-1:8000/v1 --endpoint http://node-2:8000/v1 \
        --model deepseek-ai/DeepSeek-R1 ...

The servers share the requests, stand in for one another, and are waited for when they restart. Whether a
server puts the reasoning into a field of its own or leaves it in the text, and whether its template opens
the think block or not: samples are canonical text.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from genesys.errors import ConfigurationError
from genesys.openai_client import ClientSettings, Ledger
from genesys.rollouts.repetition import RepetitionRule, rule_of
from genesys.rollouts.sampler import Capabilities, Sample, SampleRequest
from genesys.rollouts.samplers.server_asking import Asker
from genesys.rollouts.samplers.server_bodies import Bodies
from genesys.rollouts.samplers.server_start import endpoints_of, look
from genesys.schema import Sampling


class ServerSampler:
    r"""Samples by asking servers.

    The n samples of a problem are one request where the server honours `n` and their seeds follow one
    another; a server that gives fewer choices than asked is noticed, and asked sample by sample from then
    on. What fails after all attempts is a sample with `finish_reason="error"`; where nothing can go on (no
    key, no such model, a parameter that the server refuses, no server at all for `patience` seconds), it is
    one SamplerError. Seeds are promised as far as the servers keep them; texts are not reproducible, since
    batching servers are not. Where a server tells only the tokens of a request's samples together, each
    gets its share by length of text; the sum is exact.

    Args:
        model: The model's name at the server; "auto" is the only one it has.
        sampling: Settings of every sample.
        endpoints: Address of a server, or a list of addresses, or of objects with url, weight, key_env.
        key_env: The environment variable with the key, where an endpoint names none of its own.
        stream: Whether replies are streamed, so that samples arrive as they end.
        keep_tokens: Whether samples carry `token_ids` and `logprobs`; vLLM's server sends them.
        repetition: Whether a sample that has fallen into repetition ends; or the numbers of another rule
            (`genesys.rollouts.repetition`). Streams, one request a sample, as closing the stream is what
            stops the server. Part of what decides a text.
        template_opens: What the chat template ends a prompt with, such as "<think>\n", or ""; "auto" asks
            the server where it can say (vLLM), and else goes by the texts.
        n_in_one: Whether one request asks for all samples of a problem, as far as the server does that.
        seeds: Whether seeds are sent, for servers that refuse them.
        extra_body: Further fields of each request, such as {"min_p": 0.05}. Part of what decides a text.
        revision: What to call the weights' version, as servers do not tell it.
        label: The name that completions carry as their model, where it is not `model`.
        concurrency: Requests in flight at most, besides the collector's own limit.
        requests_per_minute: Over all endpoints.
        tokens_per_minute: Over all endpoints.
        timeout: Seconds that one attempt may take; of a stream, seconds of silence.
        attempts: Attempts a request at most.
        patience: Seconds for which the harvest waits when no server works at all.
        wait: Seconds to wait at the start for a server that is still loading its model.
        price_prompt: Price of a million prompt tokens.
        price_completion: Price of a million completion tokens.

    Raises:
        MissingExtra: If httpx is not installed.
        ConfigurationError: If a setting cannot be served, or the context is shorter than `max_tokens`.
        UnknownName: If a server has no such model; the error lists what it has.
        SamplerError: If no server answers, or the key is refused.
    """

    def __init__(
        self,
        model: str,
        sampling: Sampling,
        *,
        endpoints: str | Sequence[str | Mapping[str, Any]] | Mapping[str, Any] = "http://127.0.0.1:8000/v1",
        key_env: str | None = None,
        stream: bool = False,
        keep_tokens: bool = False,
        repetition: bool | Mapping[str, Any] = False,
        template_opens: str = "auto",
        n_in_one: bool = True,
        seeds: bool = True,
        extra_body: Mapping[str, Any] | None = None,
        revision: str | None = None,
        label: str | None = None,
        concurrency: int = 1024,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        timeout: float = 3600.0,
        attempts: int = 6,
        patience: float = 300.0,
        wait: float = 0.0,
        price_prompt: float | None = None,
        price_completion: float | None = None,
    ) -> None:
        settings = ClientSettings(
            endpoints=endpoints_of(endpoints, key_env),
            concurrency=concurrency,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            timeout=timeout,
            attempts=attempts,
            patience=patience,
            price_prompt=price_prompt,
            price_completion=price_completion,
        )
        extra = _checked(extra_body)
        rule = rule_of(repetition)
        served = look(settings, model, wait=wait)
        _check_length(sampling, served.max_model_len)
        bodies = Bodies(
            model=served.model,
            sampling=sampling,
            extra=extra,
            keep_tokens=keep_tokens,
            seeds=seeds,
            stream=stream or rule is not None,
            vllm=served.vllm,
        )
        opens = None if template_opens == "auto" else template_opens
        together = n_in_one and rule is None
        self._asker = Asker(settings, bodies, served.max_model_len, opens=opens, together=together, rule=rule)
        self.model = label or served.model
        self.model_revision = revision
        self.sampling = sampling
        self.settings = _deciding(extra, rule)
        self.capabilities = _promised(bodies, together=together)

    @property
    def ledger(self) -> Ledger:
        """What was asked, and what it cost."""
        return self._asker.client.ledger

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Sample]:
        """Yields the samples of a request as they end.

        Raises:
            SamplerError: If the sampler is closed, or nothing can go on.
        """
        async with aclosing(self._asker.samples(request)) as samples:
            async for sample in samples:
                yield sample

    async def aclose(self) -> None:
        """Closes the connections; idempotent."""
        await self._asker.aclose()


def _deciding(extra: Mapping[str, Any], rule: RepetitionRule | None) -> Mapping[str, Any]:
    """What decides a text besides the sampling, for a run's identity."""
    return {
        **({"extra_body": dict(extra)} if extra else {}),
        **({"repetition": rule.identity()} if rule else {}),
    }


def _promised(bodies: Bodies, *, together: bool) -> Capabilities:
    return Capabilities(
        honours_seed=bodies.seeds,
        honours_n=together,
        token_ids=bodies.keep_tokens,
        logprobs=bodies.keep_tokens,
        streams=bodies.stream,
        continues=True,
        opens=True,
    )


def _checked(extra_body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Further fields of requests, without those that have an option of their own."""
    extra = dict(extra_body or {})
    own = {
        "model",
        "messages",
        "prompt",
        "n",
        "seed",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
    }
    for name in sorted(own & extra.keys()):
        raise ConfigurationError(
            f"extra_body sets {name}, which has an option of its own", "Leave it out of extra_body."
        )
    return extra


def _check_length(sampling: Sampling, context: int | None) -> None:
    """Refuses more tokens than the server's context has; the length of prompts is seen when they come."""
    if context is not None and sampling.max_tokens >= context:
        raise ConfigurationError(
            f"max_tokens is {sampling.max_tokens}, and the server's context of {context} tokens "
            "leaves no room for a prompt beside them",
            "Give a smaller --max-tokens, or start the server with a longer context (--max-model-len).",
        )
