"""vLLM's engine from start to end, and what a user is told when it cannot go on."""

from __future__ import annotations

import asyncio
import importlib.util
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vLLM is not installed: make vllm", allow_module_level=True)

from genesys.errors import ConfigurationError, SamplerError, UnknownName
from genesys.rollouts.sampler import Sample, SampleRequest, SamplerSettings
from genesys.rollouts.samplers.vllm_sampler import VllmSampler
from genesys.schema import Sampling

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]

Ask = Callable[..., SampleRequest]


def sampler(folder: Path, sampling: Sampling | None = None, **options: Any) -> VllmSampler:
    chosen = {"dtype": "float32", "kv_cache_memory_bytes": 1 << 28, **options}
    return VllmSampler(str(folder), sampling or Sampling(max_tokens=24), **chosen)


async def all_of(source: VllmSampler, request: SampleRequest) -> list[Sample]:
    return [sample async for sample in source.sample(request)]


def test_a_dead_engine_is_one_clear_error_for_all_who_wait_and_all_who_come(
    random_model: Path, ask: Ask
) -> None:
    async def kill_amid() -> list[object]:
        source = sampler(random_model, Sampling(max_tokens=200))
        await all_of(source, ask("why", 1))
        waiting = [
            asyncio.create_task(all_of(source, ask(f"question {number}", *range(16)))) for number in range(8)
        ]
        await asyncio.sleep(0.1)
        (engine,) = multiprocessing.active_children()
        engine.kill()
        await asyncio.wait(waiting, timeout=60)
        late = await asyncio.gather(all_of(source, ask("late", 1)), return_exceptions=True)
        await source.aclose()
        await source.aclose()
        return [*(task.exception() for task in waiting), *late]

    errors = asyncio.run(kill_amid())
    assert len(errors) == 9
    for error in errors:
        assert isinstance(error, SamplerError)
        assert "died" in error.fault
        assert error.remedy is not None
        assert "run the same command again" in error.remedy


def test_an_engine_that_cannot_start_says_so(random_model: Path, ask: Ask) -> None:
    async def start() -> None:
        source = sampler(random_model, max_model_len=1_000_000)
        try:
            await all_of(source, ask("why", 1))
        finally:
            await source.aclose()

    with pytest.raises(SamplerError, match="did not start") as caught:
        asyncio.run(start())
    assert "max_model_len" in str(caught.value)


def test_closing_does_not_wait_for_an_engine_that_starts(random_model: Path, ask: Ask) -> None:
    async def close_at_once() -> BaseException | None:
        source = sampler(random_model)
        asked = asyncio.create_task(all_of(source, ask("why", 1)))
        await asyncio.sleep(0.5)
        await source.aclose()
        await asyncio.wait([asked], timeout=10)
        thread = source.engine._thread
        assert thread is not None
        await asyncio.to_thread(thread.join, 120)  # it ends by itself, and leaves no engine behind
        assert not thread.is_alive()
        return asked.exception()

    error = asyncio.run(close_at_once())
    assert isinstance(error, SamplerError)
    assert "closed" in error.fault
    until = time.monotonic() + 60  # vLLM kills what has not ended in five seconds
    while multiprocessing.active_children() and time.monotonic() < until:
        time.sleep(0.1)
    assert not multiprocessing.active_children()


def test_a_sampler_that_was_never_asked_closes(random_model: Path) -> None:
    asyncio.run(sampler(random_model).aclose())


def test_the_registry_passes_engine_arguments_on(random_model: Path) -> None:
    options = {"label": "tiny", "max-model-len": 128, "quantization": None}
    settings = SamplerSettings(name="vllm", model=str(random_model), sampling=Sampling(), options=options)
    built = settings.build()
    assert built.model == "tiny"
    assert built.settings == {
        "dtype": "auto", "plain": False, "seeds": True, "max_model_len": 128, "quantization": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "fault", "remedy"),
    [
        ({"tensor_paralel_size": 8}, "'tensor_paralel_size'", "Did you mean 'tensor_parallel_size'"),
        ({"lable": "x"}, "'lable'", "Did you mean 'label'"),
    ],
)
def test_an_unknown_option_is_named_with_what_was_meant(
    random_model: Path, options: dict[str, Any], fault: str, remedy: str
) -> None:
    with pytest.raises(UnknownName, match=fault) as caught:
        sampler(random_model, **options)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    ("sampling", "options", "fault"),
    [
        (Sampling(temperature=-1.0), {}, "temperature"),
        (Sampling(top_p=0.0), {}, "top_p"),
        (Sampling(top_k=-1), {}, "top_k"),
        (Sampling(max_tokens=0), {}, "max_tokens"),
        (Sampling(stop=("",)), {}, "stop"),
        (Sampling(), {"tokenizer": "gpt2"}, "does not take 'tokenizer'"),
        (Sampling(), {"repetition": {"gramm": 3}}, "repetition"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_value(
    random_model: Path, sampling: Sampling, options: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        sampler(random_model, sampling, **options)
