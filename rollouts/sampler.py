"""What a sampler is: it turns prompts into completions."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from genesys.errors import ConfigurationError, UnknownName
from genesys.registry import Registry
from genesys.schema import FinishReason, Sampling

SAMPLERS = Registry(
    "sampler",
    "genesys.samplers",
    {
        "transformers": "genesys.rollouts.samplers.transformers_sampler:TransformersSampler",
        "recording": "genesys.rollouts.samplers.recording:RecordingSampler",
        "server": "genesys.rollouts.samplers.server_sampler:ServerSampler",
        "vllm": "genesys.rollouts.samplers.vllm_sampler:VllmSampler",
    },
)
"""Other packages add theirs through the entry-point group `genesys.samplers`."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a sampler can promise; the collector warns where a configuration wants what is missing.

    Attributes:
        reproducible: The same request gives the same texts, whatever else is in flight.
        honours_seed: A sample's seed decides it, at least within one batch.
        honours_n: Several samples of one prompt share one request.
        token_ids: Completions carry their token ids.
        logprobs: Completions carry log-probabilities.
        streams: Samples arrive as they end and not with the last of their request.
        continues: Goes on where a truncated sample stopped (`SampleRequest.prefix`).
        opens: Begins the assistant's turn with a given text (`SampleRequest.opening`).
    """

    reproducible: bool = False
    honours_seed: bool = False
    honours_n: bool = False
    token_ids: bool = False
    logprobs: bool = False
    streams: bool = False
    continues: bool = False
    opens: bool = False


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """What a sample that is to be continued says already.

    Attributes:
        text: Its canonical text; it begins with the open think tag even where the prompt gave it.
        token_ids: The tokens that were sampled after the prompt, where they were kept. Going on from these
            is exact; a text may fall into other tokens.
        logprobs: Their log-probabilities, where kept.
        tokens: How many tokens these are, or None where unknown.
    """

    text: str
    token_ids: tuple[int, ...] | None = None
    logprobs: tuple[float, ...] | None = None
    tokens: int | None = None

    def after(self, opened: str) -> str:
        """The text as it stands behind a prompt that ended with `opened` (`genesys.schema.open_think`)."""
        return self.text.removeprefix(opened) if opened else self.text


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    r"""One problem's messages and which of its samples are wanted.

    Attributes:
        problem_id: The problem.
        messages: Chat messages, `{"role", "content"}` each.
        sample_indices: Places in the problem's group.
        seeds: One seed for each of them (`genesys.rollouts.identity.sample_seed`).
        prefix: For each sample what it says already, where truncated samples are continued. The sample that
            answers holds everything: the whole text, the tokens and log-probabilities of both (where the
            prefix has its tokens; else none), and `completion_tokens` of both. `max_tokens` bounds both.
            Only for samplers whose capabilities say `continues`.
        opening: What the assistant's turn begins with, such as "<think>\n", where the rendered prompt does
            not end with an open think tag of its own. It is part of the prompt: `open_think` of the prompt
            and the opening together gives `canonical_text` what to put back in front. Only for samplers
            whose capabilities say `opens`.
    """

    problem_id: str
    messages: tuple[Mapping[str, str], ...]
    sample_indices: tuple[int, ...]
    seeds: tuple[int, ...]
    prefix: tuple[Prefix, ...] | None = None
    opening: str = ""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a sampler yields: a completion without the identity that only a run can give.

    Attributes:
        problem_id: The problem it answers.
        sample_index: Its place in the group.
        text: Canonical text (`genesys.schema.canonical_text`).
        finish_reason: Why sampling ended; `error` where the sampler gave up on this sample.
        prompt_tokens: Tokens of the rendered prompt, or None where unknown.
        completion_tokens: Tokens sampled, or None where unknown.
        token_ids: Sampled tokens, where kept.
        logprobs: Log-probability of each sampled token, where kept.
        started_at: Unix time in seconds.
        seconds: Wall seconds; the samples of one batch share theirs.
    """

    problem_id: str
    sample_index: int
    text: str
    finish_reason: FinishReason
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    token_ids: tuple[int, ...] | None = None
    logprobs: tuple[float, ...] | None = None
    started_at: float = 0.0
    seconds: float = 0.0


@runtime_checkable
class Sampler(Protocol):
    """Turns requests into samples. `genesys.testing.check_sampler` holds implementations to this.

    Attributes:
        model: Name or path of the model, part of a run's identity.
        model_revision: Commit or digest of its weights, or None.
        sampling: Settings of every sample, part of a run's identity.
        settings: What else decides a text, as JSON types, such as the shape of batches; part of a run's
            identity, too. Empty where nothing does or nobody can promise it.
        capabilities: What it promises.
    """

    model: str
    model_revision: str | None
    sampling: Sampling
    settings: Mapping[str, Any]
    capabilities: Capabilities

    def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yields one sample for each index of the request, in any order.

        Many calls are in flight at once; the sampler batches as it sees fit.

        Raises:
            SamplerError: If the model or server cannot go on at all. What goes wrong with one sample
                only is a sample with `finish_reason="error"`.
        """
        ...

    async def aclose(self) -> None:
        """Frees the model or connection; idempotent."""
        ...


@dataclass(frozen=True, kw_only=True)
class SamplerSettings:
    """What the command line knows of a sampler.

    Samplers that end a looping completion take the option `repetition`: true, or numbers of the rule
    (`genesys.rollouts.repetition.rule_of`).

    Attributes:
        name: Its name in the registry.
        model: Name or path of the model; of a recording, the file with responses.
        sampling: Settings of every sample.
        options: Keyword arguments of its own.
    """

    name: str
    model: str
    sampling: Sampling
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> Sampler:
        """Makes the sampler.

        Raises:
            UnknownName: If no registry holds the name, or the sampler has no such option.
            ConfigurationError: If an option has a wrong value.
            MissingExtra: If its packages are not installed.
        """
        kind = SAMPLERS.load(self.name)
        parameters = inspect.signature(kind).parameters
        taken = set(parameters) - {"model", "sampling"}
        passes_on = any(
            one.kind is one.VAR_KEYWORD for one in parameters.values()
        )  # then it checks names itself
        for name in self.options:
            if name not in taken and not passes_on:
                raise UnknownName.of(f"option of sampler {self.name!r}", name, taken)
        try:
            sampler: Sampler = kind(model=self.model, sampling=self.sampling, **self.options)
        except TypeError as error:
            fault = f"sampler {self.name!r} does not take {dict(self.options)}: {error}"
            raise ConfigurationError(fault) from error
        return sampler
