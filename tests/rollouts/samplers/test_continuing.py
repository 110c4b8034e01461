"""What a sampler goes on from, how it opens an answer, and what it stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small_models

from genesys.rollouts.repetition import RepetitionRule
from genesys.rollouts.sampler import Prefix, Sample, SampleRequest
from genesys.rollouts.samplers.transformers_sampler import TransformersSampler
from genesys.schema import Sampling

Ask = Callable[..., SampleRequest]
SampleAll = Callable[[TransformersSampler, Sequence[SampleRequest]], dict[tuple[str, int], Sample]]

QUESTION = "What is 2 + 3?"
LIMIT = 12_288


@pytest.fixture(scope="module")
def endless_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "endless"
    return small_models.random_model(folder, context=16_384, ends=False)


@pytest.fixture(scope="module")
def looping_model(endless_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without attention: its next token follows from the last one alone, so that greedily it loops."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("models") / "looping"
    model = AutoModelForCausalLM.from_pretrained(endless_model)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(endless_model).save_pretrained(folder)
    return folder


@pytest.fixture
def answer(endless_model: Path, sample_all: SampleAll) -> Callable[..., Sample]:
    """Greedily answers one request of one sample."""

    def answer_one(request: SampleRequest, max_tokens: int, **options: Any) -> Sample:
        sampling = Sampling(max_tokens=max_tokens, temperature=0)
        sampler = TransformersSampler(str(endless_model), sampling, batch_size=2, **options)
        return sample_all(sampler, [request])[request.problem_id, 0]

    return answer_one


def _prefix(parent: Sample) -> Prefix:
    return Prefix(
        text=parent.text,
        token_ids=parent.token_ids,
        logprobs=parent.logprobs,
        tokens=parent.completion_tokens,
    )


def test_a_continued_sample_is_the_sample_with_the_higher_limit(
    ask: Ask, answer: Callable[..., Sample]
) -> None:
    request = ask(QUESTION, 5)
    parent = answer(request, 8, keep_tokens=True)
    assert parent.finish_reason == "length"
    continued = answer(replace(request, prefix=(_prefix(parent),)), 24, keep_tokens=True)
    at_once = answer(request, 24, keep_tokens=True)
    assert (continued.text, continued.token_ids) == (at_once.text, at_once.token_ids)
    assert (continued.prompt_tokens, continued.completion_tokens) == (at_once.prompt_tokens, 24)
    assert continued.logprobs is not None
    assert parent.logprobs is not None
    assert continued.logprobs[:8] == parent.logprobs


def test_a_sample_without_tokens_is_continued_from_its_text(ask: Ask, answer: Callable[..., Sample]) -> None:
    request = ask(QUESTION, 5)
    parent = answer(request, 8)
    continued = answer(replace(request, prefix=(_prefix(parent),)), 24)
    assert parent.token_ids is None
    assert continued.text.startswith(parent.text)
    assert len(continued.text) > len(parent.text)
    assert continued.token_ids is None


def test_a_sample_that_fills_its_new_limit_already_is_an_error(
    ask: Ask, answer: Callable[..., Sample]
) -> None:
    request = ask(QUESTION, 5)
    parent = answer(request, 24, keep_tokens=True)
    refused = answer(replace(request, prefix=(_prefix(parent),)), 24, keep_tokens=True)
    assert refused.finish_reason == "error"


def test_an_opening_is_part_of_the_prompt_and_stands_in_front_of_the_text(
    ask: Ask, answer: Callable[..., Sample]
) -> None:
    plain = answer(ask(QUESTION, 5), 8)
    opened = answer(replace(ask(QUESTION, 5), opening="<think>\n"), 8)
    assert opened.text.startswith("<think>\n")
    assert not plain.text.startswith("<think>\n")
    assert (opened.prompt_tokens or 0) > (plain.prompt_tokens or 0)


def test_an_opened_sample_is_continued_without_a_second_opening(
    ask: Ask, answer: Callable[..., Sample]
) -> None:
    request = replace(ask(QUESTION, 5), opening="<think>\n")
    parent = answer(request, 8, keep_tokens=True)
    text_only = replace(_prefix(parent), token_ids=None, logprobs=None)
    for prefix in (_prefix(parent), text_only):
        continued = answer(replace(request, prefix=(prefix,)), 24)
        assert continued.text.startswith(parent.text)
        assert continued.text.count("<think>\n") == parent.text.count("<think>\n")


def test_an_endless_loop_is_stopped_under_a_quarter_of_the_limit(
    looping_model: Path, ask: Ask, sample_all: SampleAll
) -> None:
    sampling = Sampling(max_tokens=LIMIT, temperature=0)
    sampler = TransformersSampler(str(looping_model), sampling, batch_size=1, repetition=True)
    looping = sample_all(sampler, [ask(QUESTION, 5)])[QUESTION, 0]
    assert looping.finish_reason == "repetition"
    assert (looping.completion_tokens or 0) < LIMIT / 4


def test_the_rule_decides_a_text_and_so_stands_in_the_settings(endless_model: Path) -> None:
    watched = TransformersSampler(str(endless_model), Sampling(), repetition={"window": 1280})
    unwatched = TransformersSampler(str(endless_model), Sampling())
    assert watched.settings["repetition"] == RepetitionRule(window=1280).identity()
    assert "repetition" not in unwatched.settings
