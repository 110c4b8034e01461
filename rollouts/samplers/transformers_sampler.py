"""Sampler `transformers`: a language model in this process, reproducible to the byte.

    sampler = TransformersSampler("models/tiny", Sampling(max_tokens=64))
    async for sample in sampler.sample(request):
        ...

A sample's text is a function of the model's files, the rendered prompt, the sampling settings, the
sample's seed, `batch_size`, `dtype` and the kind of machine. It does not depend on the other requests in
flight, on the order they come in, on `threads`, or on what an interrupted run had done already. This holds
for dense models; in a mixture of experts, the tokens of a batch share the shapes of its experts.

torch and transformers load when a sampler is made, and the weights with its first request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from genesys.errors import ConfigurationError
from genesys.optional import require
from genesys.rollouts.repetition import rule_of
from genesys.rollouts.sampler import Capabilities, Sample, SampleRequest
from genesys.rollouts.samplers.batching import BatchQueue, Mailbox
from genesys.rollouts.samplers.local_rows import LocalRows, check_sampling
from genesys.schema import Sampling


class TransformersSampler:
    """Samples with transformers and an own loop, many requests to a batch.

    Prompts are rendered by the tokenizer's chat template with an opened assistant turn. A prompt that
    leaves the context no room for one token is a sample with `finish_reason="error"`; one that leaves less
    than `max_tokens` ends with `length` where the context ends. `completion_tokens` counts all sampled
    tokens, the end token too. Log-probabilities are the model's own, before temperature, top_k and top_p.

    Args:
        model: A folder that `save_pretrained` wrote, or a name on the hub.
        sampling: Settings of every sample.
        batch_size: Rows of every batch. Part of what decides a text: leave it alone within a run.
        device: "auto" (CUDA where there is one), "cpu", "cuda", "cuda:1".
        dtype: "auto" (float32 on CPUs, the checkpoint's own elsewhere), or a name such as "bfloat16".
        revision: Branch, tag or commit of a model on the hub.
        threads: Batches computed side by side on a CPU, one core each; by default one for a model under
            20 million parameters, and as many as torch has threads for larger ones.
        label: The name that completions carry as their model, where it is not `model`.
        plain: Join the messages' contents by blank lines instead of using the chat template.
        keep_tokens: Whether samples carry `token_ids` and `logprobs`.
        repetition: Whether a sample that has fallen into repetition ends; or the numbers of another rule
            (`genesys.rollouts.repetition`). Part of what decides a text.
        idle_seconds: How long without a new request before a batch is computed that is not full.

    Raises:
        MissingExtra: If torch or transformers is not installed.
        ConfigurationError: If a setting cannot be served.
        SamplerError: If the model cannot be opened.
    """

    def __init__(
        self,
        model: str,
        sampling: Sampling,
        *,
        batch_size: int = 64,
        device: str = "auto",
        dtype: str = "auto",
        revision: str | None = None,
        threads: int | None = None,
        label: str | None = None,
        plain: bool = False,
        keep_tokens: bool = False,
        repetition: bool | Mapping[str, Any] = False,
        idle_seconds: float = 0.02,
    ) -> None:
        check_sampling(sampling)
        _check(batch_size, threads)
        rule = rule_of(repetition)
        for package in ("torch", "transformers"):
            require(package, extra="train", feature="the transformers sampler")
        from genesys.rollouts.samplers.engine import Engine
        from genesys.rollouts.samplers.local_model import LocalModel
        from genesys.rollouts.samplers.sampling_loop import LoopSettings

        self._local = LocalModel(model, revision=revision, device=device, dtype=dtype)
        self.model = label or model
        self.model_revision = self._local.revision
        self.sampling = sampling
        self.settings: Mapping[str, Any] = {
            "batch_size": batch_size,
            "dtype": dtype,
            "plain": plain,
            **({"repetition": rule.identity()} if rule else {}),
        }
        self.capabilities = Capabilities(
            reproducible=True,
            honours_seed=True,
            honours_n=True,
            token_ids=keep_tokens,
            logprobs=keep_tokens,
            streams=True,
            continues=True,
            opens=True,
        )
        self._rows = LocalRows(self._local, sampling, plain=plain, keep_tokens=keep_tokens)
        stop = sampling.stop
        settings = LoopSettings(
            batch_size=batch_size,
            sampling=sampling,
            eos=self._local.eos,
            pad=self._local.pad,
            context=self._local.context,
            keep_logprobs=keep_tokens,
            stopped_by=(lambda tokens: self._local.holds_stop(tokens, stop)) if stop else None,
            repetition=rule,
        )
        queue = BatchQueue(batch_size=batch_size, idle_seconds=idle_seconds)
        self._engine = Engine(self._local, settings, queue, threads=threads, finish=self._rows.sample_of)

    async def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yields the samples of a request as they end.

        Raises:
            SamplerError: If the sampler is closed, or the model failed.
            ConfigurationError: If the prompt cannot be rendered.
        """
        mailbox: Mailbox[Sample] = Mailbox()
        rows = self._rows.rows_of(request, mailbox, context=self._local.context)
        fitting = [row for row in rows if len(row.said) < row.max_tokens]
        for row in rows:
            if len(row.said) >= row.max_tokens:
                yield self._rows.failed(row)
        if not fitting:
            return
        try:
            self._engine.submit(fitting)
            for _ in fitting:
                yield await mailbox.take()
        finally:
            mailbox.abandoned = True

    async def aclose(self) -> None:
        """Stops sampling and frees the model; requests in flight get a SamplerError."""
        await self._engine.aclose()


def _check(batch_size: int, threads: int | None) -> None:
    """Refuses a number of rows or threads that is none."""
    if batch_size < 1:
        raise ConfigurationError(f"batch_size must be 1 or more, not {batch_size}")
    if threads is not None and threads < 1:
        raise ConfigurationError(f"threads must be 1 or more, not {threads}")
