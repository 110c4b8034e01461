"""A language model with random weights, small enough to be made by each test session."""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import LlamaConfig, LlamaForCausalLM

from genesys.rollouts.sampler import Sample, Sampler, SampleRequest
from genesys.training.tiny_model.corpus import tokenizer_texts
from genesys.training.tiny_model.tokenizer import build_tokenizer

Samples = dict[tuple[str, int], Sample]

CONTEXT = 256


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 2 layers of 64, which says something different to each seed."""
    folder = tmp_path_factory.mktemp("models") / "random"
    tokenizer = build_tokenizer(tokenizer_texts())
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def ask() -> Callable[..., SampleRequest]:
    """`ask(question, *seeds, first=0)`: a request whose problem id is its question."""

    def ask_for(question: str, *seeds: int, first: int = 0) -> SampleRequest:
        return SampleRequest(
            problem_id=question,
            messages=({"role": "user", "content": question},),
            sample_indices=tuple(range(first, first + len(seeds))),
            seeds=seeds,
        )

    return ask_for


@pytest.fixture(scope="session")
def sample_all() -> Callable[[Sampler, Sequence[SampleRequest]], Samples]:
    """Sends all requests at once, closes the sampler, and returns samples by problem and index."""

    async def gathered(sampler: Sampler, requests: Sequence[SampleRequest]) -> list[list[Sample]]:
        async def one(request: SampleRequest) -> list[Sample]:
            return [sample async for sample in sampler.sample(request)]

        try:
            return await asyncio.gather(*(one(request) for request in requests))
        finally:
            await sampler.aclose()

    def sample_now(sampler: Sampler, requests: Sequence[SampleRequest]) -> Samples:
        answers = asyncio.run(gathered(sampler, requests))
        return {(one.problem_id, one.sample_index): one for samples in answers for one in samples}

    return sample_now
