"""A model that loops: vLLM is told to end the sample where the loop is found, and the others go on."""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import small_models
import torch
from transformers import AutoModelForCausalLM

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vLLM is not installed: make vllm", allow_module_level=True)

from genesys.rollouts.repetition import RepetitionRule, repetition_onset
from genesys.rollouts.sampler import Sample, Sampler, SampleRequest
from genesys.rollouts.samplers.vllm_sampler import VllmSampler
from genesys.schema import Sampling

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]

Ask = Callable[..., SampleRequest]
LIMIT = 1000
RULE = RepetitionRule(gram=8, times=2, window=96, share=0.8, step=32)


@pytest.fixture
def looping_model(tmp_path: Path) -> Path:
    """A model whose next token follows from the last alone: greedy, it must come back to where it was."""
    folder = small_models.random_model(tmp_path / "model", context=2 * LIMIT, ends=False)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
    model.save_pretrained(folder)
    return folder


def test_a_loop_is_ended_where_it_is_found(
    looping_model: Path,
    ask: Ask,
    sample_all: Callable[[Sampler, Sequence[SampleRequest]], dict[object, Sample]],
) -> None:
    sampler = VllmSampler(
        str(looping_model),
        Sampling(temperature=0.0, max_tokens=LIMIT),
        keep_tokens=True,
        repetition=RULE.identity(),
        dtype="float32",
        kv_cache_memory_bytes=1 << 28,
    )
    found = sample_all(sampler, [ask(question, 1, 2) for question in ("a", "b", "c", "d")])
    assert sampler.settings["repetition"] == RULE.identity()
    assert len(found) == 8
    for sample in found.values():
        tokens = sample.token_ids or ()
        assert sample.finish_reason == "repetition"
        assert sample.completion_tokens == len(tokens) == len(sample.logprobs or ()) < LIMIT / 4
        assert len(tokens) % RULE.step == 0
        assert repetition_onset(tokens, RULE) is not None
        assert repetition_onset(tokens[: -RULE.step], RULE) is None
