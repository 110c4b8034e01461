"""A row's tokens and numbers must not depend on the rows beside it: bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from genesys.rollouts.sampler import Sample, SampleRequest
from genesys.rollouts.samplers.transformers_sampler import TransformersSampler
from genesys.schema import Sampling

Ask = Callable[..., SampleRequest]
SampleAll = Callable[[TransformersSampler, Sequence[SampleRequest]], dict[tuple[str, int], Sample]]

QUESTION = "reverse 'abcd'"
BATCH = 8


def sampler(folder: Path, sampling: Sampling | None = None, **options: Any) -> TransformersSampler:
    settings = {"batch_size": BATCH, "device": "cpu", "keep_tokens": True, **options}
    return TransformersSampler(str(folder), sampling or Sampling(max_tokens=40), **settings)


def content(sample: Sample) -> tuple[Any, ...]:
    kept = replace(sample, started_at=0.0, seconds=0.0)
    return (kept, [value.hex() for value in kept.logprobs or ()])


@pytest.fixture(scope="module")
def alone(random_model: Path, ask: Ask, sample_all: SampleAll) -> tuple[Any, ...]:
    """The question sampled with nobody beside it."""
    found = sample_all(sampler(random_model), [ask(QUESTION, 7)])[QUESTION, 0]
    assert len(found.token_ids or ()) > 20  # long enough that a wrong last bit would show
    return content(found)


@pytest.mark.parametrize("place", range(BATCH))
def test_the_place_in_the_batch_changes_nothing(
    random_model: Path, ask: Ask, sample_all: SampleAll, alone: tuple[Any, ...], place: int
) -> None:
    others = [ask(f"other {number} {'x' * number}", number) for number in range(BATCH - 1)]
    batch = [*others[:place], ask(QUESTION, 7), *others[place:]]
    assert content(sample_all(sampler(random_model), batch)[QUESTION, 0]) == alone


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_arrival_order_change_nothing(
    random_model: Path, ask: Ask, sample_all: SampleAll, alone: tuple[Any, ...], threads: int
) -> None:
    rng = Random(threads)
    crowd = [ask("why? " * rng.randrange(1, 40) + str(number), number) for number in range(40)]
    crowd.insert(rng.randrange(40), ask(QUESTION, 7))
    first = sample_all(sampler(random_model, threads=threads), crowd)
    second = sample_all(sampler(random_model, threads=1), rng.sample(crowd, len(crowd)))
    assert content(first[QUESTION, 0]) == alone
    assert {key: content(one) for key, one in first.items()} == {
        key: content(one) for key, one in second.items()
    }


def test_the_number_of_torch_threads_changes_nothing_and_stays_as_it_was(
    random_model: Path, ask: Ask, sample_all: SampleAll, alone: tuple[Any, ...]
) -> None:
    before = torch.get_num_threads()
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            assert content(sample_all(sampler(random_model), [ask(QUESTION, 7)])[QUESTION, 0]) == alone
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(before)


def test_a_group_that_grows_keeps_the_samples_it_had(
    random_model: Path, ask: Ask, sample_all: SampleAll
) -> None:
    two = sample_all(sampler(random_model), [ask(QUESTION, 7, 8)])
    six = sample_all(sampler(random_model), [ask(QUESTION, 7, 8, 9, 10, 11, 12)])
    rest = sample_all(sampler(random_model), [ask(QUESTION, 9, 10, 11, 12, first=2)])
    assert {key: content(one) for key, one in (two | rest).items()} == {
        key: content(one) for key, one in six.items()
    }
    assert len({one.text for one in six.values()}) == 6


def test_a_prompt_of_another_length_is_no_company_either(
    random_model: Path, ask: Ask, sample_all: SampleAll, alone: tuple[Any, ...]
) -> None:
    """Prompts of a multiple of 32 tokens would have no padding, and let transformers drop the mask."""
    crowd = [ask("y" * length, length) for length in range(1, 96)]
    found = sample_all(sampler(random_model), [*crowd, ask(QUESTION, 7)])
    assert content(found[QUESTION, 0]) == alone
    exact = [key for key, one in found.items() if one.prompt_tokens == 64]
    assert len(exact) == 1
    single = sample_all(sampler(random_model), [ask(exact[0][0], len(exact[0][0]))])
    assert content(single[exact[0]]) == content(found[exact[0]])


@pytest.mark.parametrize("settings", [{"top_k": 5}, {"top_p": 0.7}, {"temperature": 0.0}, {"stop": ("e",)}])
def test_every_way_of_choosing_keeps_to_its_row(
    random_model: Path, ask: Ask, sample_all: SampleAll, settings: dict[str, Any]
) -> None:
    sampling = Sampling(max_tokens=40, **settings)
    crowd = [ask(f"other {number}", number) for number in range(20)]
    single = sample_all(sampler(random_model, sampling), [ask(QUESTION, 7)])
    among = sample_all(sampler(random_model, sampling), [*crowd, ask(QUESTION, 7)])
    assert content(single[QUESTION, 0]) == content(among[QUESTION, 0])
