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

import time
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from genesys.errors import ConfigurationError
from genesys.optional import require
from genesys.rollouts.repetition import rule_of
from genesys.rollouts.sampler import Capabilities, Prefix, Sample, SampleRequest
from genesys.rollouts.samplers.batching import BatchQueue, Mailbox, Row
from genesys.schema import Sampling, canonical_text

if TYPE_CHECKING:
    from genesys.rollouts.samplers.sampling_loop import Drawn


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
        _check(sampling, batch_size, threads)
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
        self._plain, self._keep_tokens = plain, keep_tokens
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
        self._engine = Engine(self._local, settings, queue, threads=threads, finish=self._sample_of)

    async def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yields the samples of a request as they end.

        Raises:
            SamplerError: If the sampler is closed, or the model failed.
            ConfigurationError: If the prompt cannot be rendered.
        """
        mailbox: Mailbox[Sample] = Mailbox()
        rows = self._rows(request, mailbox)
        fitting = [row for row in rows if len(row.said) < row.max_tokens]
        for row in rows:
            if len(row.said) >= row.max_tokens:
                yield self._unfit(row)
        if not fitting:
            return
        try:
            self._engine.submit(fitting)
            for _ in fitting:
                yield await mailbox.take()
        finally:
            mailbox.abandoned = True

    def _rows(self, request: SampleRequest, mailbox: Mailbox[Sample]) -> list[Row]:
        prompt, opened = self._local.render(request.messages, plain=self._plain, opening=request.opening)
        most = min(self.sampling.max_tokens, self._local.context - len(prompt))
        prefixes = request.prefix or (None,) * len(request.sample_indices)
        return [
            Row(
                prompt=prompt,
                opened=opened,
                problem_id=request.problem_id,
                sample_index=index,
                seed=seed,
                max_tokens=most,
                mailbox=mailbox,
                **self._said(prefix, opened),
            )
            for index, seed, prefix in zip(request.sample_indices, request.seeds, prefixes, strict=True)
        ]

    def _said(self, prefix: Prefix | None, opened: str) -> dict[str, Any]:
        """What a row goes on from, as fields of a `Row`."""
        if prefix is None:
            return {}
        if prefix.token_ids is None:
            return {"said": self._local.encode(prefix.after(opened)), "said_text": prefix.text}
        logprobs = (prefix.logprobs or ()) if self._keep_tokens else ()
        return {"said": prefix.token_ids, "said_logprobs": logprobs}

    async def aclose(self) -> None:
        """Stops sampling and frees the model; requests in flight get a SamplerError."""
        await self._engine.aclose()

    def _sample_of(self, row: Row, drawn: Drawn, started_at: float) -> Sample:
        tokens = drawn.token_ids
        ended = drawn.finish_reason == "stop" and tokens[-1] in self._engine.settings.eos
        content = self._local.decode(tokens[:-1] if ended else tokens)
        for end in self.sampling.stop:
            content = content.partition(end)[0]
        text = canonical_text(content, opened=row.opened)
        if row.said_text is not None:  # as it was, whatever the tokenizer makes of it
            text = row.said_text + content[len(self._local.decode(row.said)) :]
        kept = self._keep_tokens and row.said_text is None
        whole = drawn.logprobs is not None and len(drawn.logprobs) == len(tokens)
        return Sample(
            problem_id=row.problem_id,
            sample_index=row.sample_index,
            text=text,
            finish_reason=drawn.finish_reason,
            prompt_tokens=len(row.prompt),
            completion_tokens=len(tokens),
            token_ids=tuple(tokens) if kept else None,
            logprobs=tuple(drawn.logprobs or ()) if kept and whole else None,
            started_at=started_at,
            seconds=time.time() - started_at,
        )

    def _unfit(self, row: Row) -> Sample:
        """Of a prompt, or of a sample to continue, that leaves no room for a token."""
        return Sample(
            problem_id=row.problem_id,
            sample_index=row.sample_index,
            text=canonical_text("", opened=row.opened),
            finish_reason="error",
            prompt_tokens=len(row.prompt),
            completion_tokens=0,
            token_ids=() if self._keep_tokens else None,
            logprobs=() if self._keep_tokens else None,
            started_at=time.time(),
        )


def _check(sampling: Sampling, batch_size: int, threads: int | None) -> None:
    """Refuses settings that no token could be drawn with."""
    faults = {
        f"temperature must be a number from 0, not {sampling.temperature}": not sampling.temperature >= 0,
        f"top_p must lie in (0, 1], not {sampling.top_p}": not 0 < sampling.top_p <= 1,
        f"top_k must be 0 or more, not {sampling.top_k}": sampling.top_k < 0,
        f"max_tokens must be 1 or more, not {sampling.max_tokens}": sampling.max_tokens < 1,
        "a stop text must not be empty": "" in sampling.stop,
        f"batch_size must be 1 or more, not {batch_size}": batch_size < 1,
        f"threads must be 1 or more, not {threads}": threads is not None and threads < 1,
    }
    for fault, found in faults.items():
        if found:
            raise ConfigurationError(fault)
