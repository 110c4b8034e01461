"""The contract of samplers, as a test that others import.

def test_my_sampler_keeps_the_contract():
    check_sampler(MySampler(...), [request_for("one"), request_for("two")])
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import get_args

from genesys.rollouts.sampler import Sample, Sampler, SampleRequest
from genesys.schema import FinishReason, Sampling, canonical_json

Content = tuple[object, ...]


def check_sampler(sampler: Sampler, requests: Sequence[SampleRequest]) -> None:
    """Holds a sampler to the contract of `genesys.rollouts.sampler.Sampler`, and closes it.

    Every request gets one sample for each index, with its own ids, canonical text and a known finish
    reason; token ids and log-probabilities come where they are promised. A reproducible sampler gives the
    same samples when a request comes again, alone, in other company or one index at a time. Closing twice
    is harmless.

    Args:
        sampler: Fresh; it is closed when the function returns. Not to be called in a running event loop.
        requests: At least two, of different problems; several indices in one show the most.

    Raises:
        AssertionError: If a promise is broken; the message names it.
    """
    _expect(len({request.problem_id for request in requests}) >= 2, "give requests of two problems or more")
    asyncio.run(acheck_sampler(sampler, requests))


async def acheck_sampler(sampler: Sampler, requests: Sequence[SampleRequest]) -> None:
    """`check_sampler` for a sampler that was opened in a running event loop."""
    _check_attributes(sampler)
    try:
        together = await _together(sampler, requests)
        for request, samples in zip(requests, together, strict=True):
            _check_samples(sampler, request, samples)
        if sampler.capabilities.reproducible:
            await _check_reproducible(sampler, requests, together)
    finally:
        await sampler.aclose()
    await sampler.aclose()


def _check_attributes(sampler: Sampler) -> None:
    _expect(isinstance(sampler, Sampler), f"{type(sampler).__name__} lacks an attribute of the protocol")
    _expect(isinstance(sampler.model, str) and bool(sampler.model), "model must be text that is not empty")
    revision = sampler.model_revision
    _expect(revision is None or isinstance(revision, str), f"model_revision is {revision!r}")
    _expect(isinstance(sampler.sampling, Sampling), f"sampling is {sampler.sampling!r}")
    settings = sampler.settings
    _expect(json.loads(canonical_json(settings)) == settings, f"settings are not of JSON types: {settings!r}")


def _check_samples(sampler: Sampler, request: SampleRequest, samples: Sequence[Sample]) -> None:
    wanted = sorted(request.sample_indices)
    came = sorted(sample.sample_index for sample in samples)
    _expect(came == wanted, f"{request.problem_id!r}: asked for the samples {wanted}, got {came}")
    for sample in samples:
        _expect(
            sample.problem_id == request.problem_id,
            f"a sample of {request.problem_id!r} says problem_id {sample.problem_id!r}",
        )
        _check_sample(sampler, sample)


def _check_sample(sampler: Sampler, sample: Sample) -> None:
    name = f"{sample.problem_id!r} sample {sample.sample_index}"
    reasons = get_args(FinishReason)
    _expect(sample.finish_reason in reasons, f"{name}: finish_reason {sample.finish_reason!r} is unknown")
    _expect(isinstance(sample.text, str), f"{name}: the text is {sample.text!r}")
    _expect(_is_utf8(sample.text), f"{name}: the text holds a lone surrogate; use canonical_text")
    limit = sampler.sampling.max_tokens
    count = sample.completion_tokens
    _expect(count is None or count >= 0, f"{name}: completion_tokens is {count}")
    if sampler.capabilities.honours_seed and count is not None:  # a recording tells another model's counts
        _expect(count <= limit, f"{name}: {count} tokens, and max_tokens is {limit}")
    _check_kept(name, "token_ids", sample.token_ids, sampler.capabilities.token_ids, count)
    _check_kept(name, "logprobs", sample.logprobs, sampler.capabilities.logprobs, count)
    _expect(sample.seconds >= 0 and sample.started_at >= 0, f"{name}: a negative time")


def _check_kept(
    name: str, column: str, values: tuple[object, ...] | None, promised: bool, count: int | None
) -> None:
    _expect(not promised or values is not None, f"{name}: capabilities promise {column}, and it has none")
    if values is not None and count is not None:
        _expect(len(values) == count, f"{name}: {len(values)} {column} for {count} tokens")


async def _check_reproducible(
    sampler: Sampler, requests: Sequence[SampleRequest], first: Sequence[Sequence[Sample]]
) -> None:
    expected = _contents(sample for samples in first for sample in samples)
    again: dict[str, Callable[[], Awaitable[list[list[Sample]]]]] = {
        "the same requests again": lambda: _together(sampler, requests),
        "the requests in another order": lambda: _together(sampler, requests[::-1]),
        "one request after the other": lambda: _one_by_one(sampler, requests),
        "one index at a time": lambda: _together(sampler, [one for r in requests for one in _indices(r)]),
    }
    for what, sample in again.items():
        found = _contents(one for samples in await sample() for one in samples)
        for key, content in expected.items():
            _expect(
                found.get(key) == content,
                f"capabilities say reproducible, and {what} gave {key}\n{found.get(key)}\ninstead of\n{content}",
            )


def _contents(samples: Iterable[Sample]) -> dict[tuple[str, int], Content]:
    return {
        (sample.problem_id, sample.sample_index): (
            sample.text,
            sample.finish_reason,
            sample.prompt_tokens,
            sample.completion_tokens,
            sample.token_ids,
            sample.logprobs,
        )
        for sample in samples
    }


def _indices(request: SampleRequest) -> list[SampleRequest]:
    pairs = zip(request.sample_indices, request.seeds, strict=True)
    return [replace(request, sample_indices=(index,), seeds=(seed,)) for index, seed in pairs]


async def _together(sampler: Sampler, requests: Sequence[SampleRequest]) -> list[list[Sample]]:
    return await asyncio.gather(*(_all_of(sampler, request) for request in requests))


async def _one_by_one(sampler: Sampler, requests: Sequence[SampleRequest]) -> list[list[Sample]]:
    return [await _all_of(sampler, request) for request in requests]


async def _all_of(sampler: Sampler, request: SampleRequest) -> list[Sample]:
    return [sample async for sample in sampler.sample(request)]


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _expect(kept: bool, broken: str) -> None:
    if not kept:
        raise AssertionError(broken)
