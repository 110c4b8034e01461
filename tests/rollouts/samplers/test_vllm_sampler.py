"""Samples of the real vLLM on the CPU: what they are, how they are asked, and what ends them."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vLLM is not installed: make vllm", allow_module_level=True)

from genesys.rollouts.sampler import Prefix, Sample, Sampler, SampleRequest
from genesys.rollouts.samplers.transformers_sampler import TransformersSampler
from genesys.rollouts.samplers.vllm_arguments import require_vllm
from genesys.rollouts.samplers.vllm_sampler import VllmSampler
from genesys.schema import Sampling
from genesys.testing import check_sampler

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]

Ask = Callable[..., SampleRequest]
Samples = dict[tuple[str, int], Sample]

ENGINE: dict[str, Any] = {
    "dtype": "float32",
    "block_size": 32,
    "kv_cache_memory_bytes": 1 << 28,
    "stream_interval": 16,
    "disable_log_stats": False,  # the counters of the prefix cache
}


@pytest.fixture(scope="module")
def shared(random_model: Path) -> Iterator[VllmSampler]:
    """A sampler whose engine the tests share: one takes ten seconds to start."""
    sampler = VllmSampler(str(random_model), Sampling(max_tokens=24), **ENGINE)
    yield sampler
    asyncio.run(sampler.aclose())


def beside(shared: VllmSampler, sampling: Sampling, **options: Any) -> VllmSampler:
    """A sampler with settings of its own on the shared engine."""
    sampler = VllmSampler(shared.model, sampling, **ENGINE, **options)
    sampler.engine = shared.engine
    return sampler


def sampled(sampler: Sampler, *requests: SampleRequest) -> Samples:
    """All samples of requests sent at once; the sampler stays open."""

    async def one(request: SampleRequest) -> list[Sample]:
        return [sample async for sample in sampler.sample(request)]

    async def gathered() -> list[list[Sample]]:
        return await asyncio.gather(*(one(request) for request in requests))

    answers = asyncio.run(gathered())
    return {(sample.problem_id, sample.sample_index): sample for samples in answers for sample in samples}


def counter(name: str) -> float:
    """One of vLLM's own counters, over all engines of this process."""
    metrics = require_vllm("vllm.v1.metrics.reader").get_metrics_snapshot()
    return float(sum(metric.value for metric in metrics if metric.name == f"vllm:{name}"))


def test_it_keeps_the_contract(random_model: Path, ask: Ask) -> None:
    sampler = VllmSampler(str(random_model), Sampling(max_tokens=24), keep_tokens=True, **ENGINE)
    check_sampler(sampler, [ask("one", 1, 2, 3), ask("two", 4), ask("three " * 20, 5, 6)])


def test_greedy_says_what_transformers_says(
    shared: VllmSampler, ask: Ask, sample_all: Callable[[Sampler, Sequence[SampleRequest]], Samples]
) -> None:
    greedy = Sampling(temperature=0.0, max_tokens=24, stop=("never so",))
    requests = [ask("a", 1), ask("reverse 'abcd'", 1, 2), ask("print(s) " * 10, 3)]
    ours = sampled(beside(shared, greedy, keep_tokens=True), *requests)
    theirs = sample_all(
        TransformersSampler(shared.model, greedy, batch_size=4, device="cpu", keep_tokens=True), requests
    )
    assert ours.keys() == theirs.keys()
    for key, expected in theirs.items():
        found = ours[key]
        assert found.logprobs == pytest.approx(expected.logprobs, abs=1e-3)
        same = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "token_ids")
        assert [getattr(found, name) for name in same] == [getattr(expected, name) for name in same]


def test_a_group_is_one_request_and_reads_its_prompt_once(shared: VllmSampler, ask: Ask) -> None:
    before, hits, queries = (
        shared.engine.traffic.requests,
        counter("prefix_cache_hits"),
        counter("prefix_cache_queries"),
    )
    found = sampled(shared, ask("a prompt of many tokens " * 8, 70, 71, 72, 73))
    assert shared.engine.traffic.requests == before + 1
    assert len({sample.text for sample in found.values()}) == 4
    tokens = found["a prompt of many tokens " * 8, 0].prompt_tokens
    assert tokens is not None
    assert counter("prefix_cache_queries") - queries == 4 * tokens
    assert counter("prefix_cache_hits") - hits == 3 * (tokens // 32 * 32)


def test_a_sample_asked_alone_has_the_seed_it_has_in_its_group(shared: VllmSampler, ask: Ask) -> None:
    group = sampled(shared, ask("why", 2**31 - 2, 2**31 - 1, 0, 1))
    alone = sampled(shared, *(ask("why", seed, first=place) for place, seed in ((1, 2**31 - 1), (3, 1))))
    assert alone["why", 1].text == group["why", 1].text
    assert alone["why", 3].text == group["why", 3].text


def test_seeds_with_a_gap_are_two_requests(shared: VllmSampler, ask: Ask) -> None:
    before = shared.engine.traffic.requests
    request = replace(ask("why", 5, 6, 9), sample_indices=(0, 1, 4))
    found = sampled(shared, request)
    assert shared.engine.traffic.requests == before + 2
    assert sorted(index for _, index in found) == [0, 1, 4]


def test_the_end_token_ends_is_counted_and_leaves_no_trace(shared: VllmSampler, ask: Ask) -> None:
    sampler = beside(shared, Sampling(max_tokens=200), keep_tokens=True)
    found = sampled(sampler, ask("why", *range(32))).values()
    ended = [sample for sample in found if sample.finish_reason == "stop"]
    assert ended
    local = sampler._rows._model
    for sample in ended:
        assert sample.token_ids is not None
        assert sample.token_ids[-1] in local.eos
        assert sample.completion_tokens == len(sample.token_ids)
        assert sample.text == local.decode(sample.token_ids[:-1])


def test_a_stop_text_ends_and_is_no_part_of_the_text(shared: VllmSampler, ask: Ask) -> None:
    free = sampled(shared, ask("why", 1))["why", 0]
    stop = free.text[8:11]
    stopping = beside(shared, Sampling(max_tokens=24, stop=("never so", stop)))
    stopped = sampled(stopping, ask("why", 1))["why", 0]
    assert stopped.text == free.text.partition(stop)[0]
    assert stopped.finish_reason == "stop"
    assert (stopped.completion_tokens or 24) < 24


def test_samples_arrive_as_they_end(shared: VllmSampler, ask: Ask) -> None:
    found = sampled(beside(shared, Sampling(max_tokens=200)), ask("why", *range(32)))
    seconds = {sample.seconds for sample in found.values()}
    assert len(seconds) > 1
    shortest = min(found.values(), key=lambda sample: sample.completion_tokens or 0)
    assert shortest.seconds < max(seconds)


def test_the_context_ends_a_completion_and_a_longer_prompt_is_an_error_beside_good_ones(
    shared: VllmSampler, ask: Ask
) -> None:
    near, over = "z" * 236, "z" * 300
    endless = beside(shared, Sampling(max_tokens=500, temperature=0.0))
    found = sampled(endless, ask(near, 1), ask(over, 2, 3), ask("short", 4))
    assert found[near, 0].completion_tokens == 256 - (found[near, 0].prompt_tokens or 0)
    assert found[near, 0].finish_reason == "length"
    assert [found[over, index].finish_reason for index in (0, 1)] == ["error", "error"]
    assert found["short", 0].finish_reason != "error"


def test_a_sample_goes_on_from_its_tokens(shared: VllmSampler, ask: Ask) -> None:
    short, long = (Sampling(temperature=0.0, max_tokens=tokens) for tokens in (8, 24))
    request = ask("What is 2 + 3?", 5)
    parent = sampled(beside(shared, short, keep_tokens=True), request)["What is 2 + 3?", 0]
    prefix = Prefix(text=parent.text, token_ids=parent.token_ids, logprobs=parent.logprobs, tokens=8)
    sampler = beside(shared, long, keep_tokens=True)
    continued = sampled(sampler, replace(request, prefix=(prefix,)))["What is 2 + 3?", 0]
    at_once = sampled(sampler, request)["What is 2 + 3?", 0]
    assert parent.finish_reason == "length"
    same = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "token_ids")
    assert [getattr(continued, name) for name in same] == [getattr(at_once, name) for name in same]
    assert continued.logprobs == pytest.approx(at_once.logprobs, abs=1e-3)


def test_what_was_opened_is_put_back(shared: VllmSampler, ask: Ask) -> None:
    found = sampled(shared, replace(ask("why", 1), opening="<think>\n"))["why", 0]
    assert found.text.startswith("<think>\n")
    assert found.prompt_tokens == (sampled(shared, ask("why", 1))["why", 0].prompt_tokens or 0) + 2


def test_a_caller_that_gives_up_leaves_the_others_alone(shared: VllmSampler, ask: Ask) -> None:
    busy = beside(shared, Sampling(max_tokens=200))

    async def give_up() -> list[Sample]:
        async def one(question: str) -> list[Sample]:
            return [sample async for sample in busy.sample(ask(question, 1, 2))]

        tasks = [asyncio.create_task(one(f"question {number}")) for number in range(12)]
        await asyncio.sleep(0.05)
        for task in tasks[::2]:
            task.cancel()
        return [sample for samples in await asyncio.gather(*tasks[1::2]) for sample in samples]

    assert len(asyncio.run(give_up())) == 12


def test_without_seeds_none_is_promised(shared: VllmSampler, ask: Ask) -> None:
    sampler = beside(shared, Sampling(max_tokens=24), seeds=False)
    assert not sampler.capabilities.honours_seed
    assert sampler.settings["seeds"] is False
    before = shared.engine.traffic.requests
    found = sampled(sampler, replace(ask("why", 1, 1, 9)))
    assert shared.engine.traffic.requests == before + 1
    assert len({sample.text for sample in found.values()}) == 3
