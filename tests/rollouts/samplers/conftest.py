"""What the tests of the samplers share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import small_models

from genesys.rollouts.sampler import Sample, Sampler, SampleRequest

Samples = dict[tuple[str, int], Sample]


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says something different to each seed, with a context of 256."""
    return small_models.random_model(tmp_path_factory.mktemp("models") / "random")


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
