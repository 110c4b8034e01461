"""What a sample is: its end, its text, its counts; and what a user must change, said at once."""

# mypy: untyped-calls-exclude="torch,transformers"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from genesys.errors import ConfigurationError, SamplerError
from genesys.rollouts.sampler import Sample, SampleRequest, SamplerSettings
from genesys.rollouts.samplers.transformers_sampler import TransformersSampler
from genesys.schema import Sampling
from genesys.testing.samplers import check_sampler

Ask = Callable[..., SampleRequest]
SampleAll = Callable[[TransformersSampler, Sequence[SampleRequest]], dict[tuple[str, int], Sample]]


def sampler(folder: Path, sampling: Sampling | None = None, **options: Any) -> TransformersSampler:
    settings = {"batch_size": 8, "device": "cpu", **options}
    return TransformersSampler(str(folder), sampling or Sampling(max_tokens=24), **settings)


@pytest.fixture
def copied(random_model: Path, tmp_path: Path) -> Path:
    """A copy of the model that a test may damage."""
    return Path(shutil.copytree(random_model, tmp_path / "copy"))


async def first_of(source: TransformersSampler, request: SampleRequest) -> Sample:
    return await anext(source.sample(request))


def opened(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model as transformers opens them."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return AutoTokenizer.from_pretrained(folder), model


def set_template(folder: Path, template: str) -> None:
    (folder / "chat_template.jinja").write_text(template)


@pytest.mark.parametrize("keep_tokens", [False, True])
def test_it_keeps_the_contract(random_model: Path, ask: Ask, keep_tokens: bool) -> None:
    requests = [ask("one", 1, 2, 3), ask("two", 4), ask("three " * 20, 5, 6)]
    check_sampler(sampler(random_model, keep_tokens=keep_tokens), requests)


def test_the_registry_builds_it(random_model: Path) -> None:
    settings = SamplerSettings(
        name="transformers", model=str(random_model), sampling=Sampling(), options={"label": "tiny"}
    )
    assert settings.build().model == "tiny"


def test_greedy_says_what_generate_says(random_model: Path, ask: Ask, sample_all: SampleAll) -> None:
    tokenizer, model = opened(random_model)
    questions = ["a", "reverse 'abcd'", "print(s) " * 10]
    greedy = Sampling(temperature=0.0, max_tokens=24)
    found = sample_all(
        sampler(random_model, greedy, keep_tokens=True), [ask(question, 1) for question in questions]
    )
    for question in questions:
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True, return_tensors="pt"
        )["input_ids"]
        expected = model.generate(ids, do_sample=False, max_new_tokens=24)[0, ids.shape[1] :]
        assert found[question, 0].token_ids == tuple(expected.tolist())


def test_logprobs_are_the_models_own(random_model: Path, ask: Ask, sample_all: SampleAll) -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=24)
    one = sample_all(sampler(random_model, sampling, keep_tokens=True), [ask("why", 3)])["why", 0]
    tokenizer, model = opened(random_model)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "why"}], add_generation_prompt=True, return_tensors="pt"
    )["input_ids"]
    tokens = torch.tensor([one.token_ids])
    with torch.inference_mode():
        logits = model(torch.cat([prompt, tokens], dim=1)).logits[:, prompt.shape[1] - 1 : -1]
    expected = logits.log_softmax(-1).gather(-1, tokens[..., None])[0, :, 0]
    assert one.logprobs == pytest.approx(expected.tolist(), abs=1e-4)


def test_the_end_token_ends_is_counted_and_leaves_no_trace(
    copied: Path, ask: Ask, sample_all: SampleAll
) -> None:
    free = sample_all(sampler(copied, keep_tokens=True), [ask("why", 1)])["why", 0]
    assert free.finish_reason == "length"
    assert free.token_ids is not None
    settings = json.loads((copied / "generation_config.json").read_text())
    settings["eos_token_id"] = [free.token_ids[5], 999]
    (copied / "generation_config.json").write_text(json.dumps(settings))
    ended = sample_all(sampler(copied, keep_tokens=True), [ask("why", 1)])["why", 0]
    place = free.token_ids.index(free.token_ids[5]) + 1
    assert ended.finish_reason == "stop"
    assert ended.token_ids == free.token_ids[:place]
    assert ended.completion_tokens == place
    tokenizer, _ = opened(copied)
    assert ended.text == tokenizer.decode(free.token_ids[: place - 1], skip_special_tokens=True)


def test_a_stop_text_ends_and_is_no_part_of_the_text(
    random_model: Path, ask: Ask, sample_all: SampleAll
) -> None:
    free = sample_all(sampler(random_model), [ask("why", 1)])["why", 0]
    stop = free.text[8:11]
    before = free.text.partition(stop)[0]
    stopped = sample_all(
        sampler(random_model, Sampling(max_tokens=24, stop=("never so", stop))), [ask("why", 1)]
    )["why", 0]
    assert stopped.text == before
    assert stopped.finish_reason == "stop"
    assert stopped.completion_tokens is not None
    assert stopped.completion_tokens < 24


def test_the_context_ends_a_completion(random_model: Path, ask: Ask, sample_all: SampleAll) -> None:
    long = "z" * 236
    found = sample_all(sampler(random_model, Sampling(max_tokens=500)), [ask(long, 1), ask("short", 2)])
    tokens = found[long, 0].prompt_tokens
    assert tokens is not None
    assert found[long, 0].completion_tokens == 256 - tokens
    assert found[long, 0].finish_reason == "length"


def test_a_prompt_beyond_the_context_is_an_error_sample_beside_good_ones(
    random_model: Path, ask: Ask, sample_all: SampleAll
) -> None:
    long = "z" * 300
    found = sample_all(sampler(random_model), [ask(long, 1, 2), ask("short", 3)])
    assert [found[long, index].finish_reason for index in (0, 1)] == ["error", "error"]
    assert found[long, 0].text == ""
    assert found["short", 0].finish_reason == "length"


def test_numbers_that_are_none_are_an_error_sample(copied: Path, ask: Ask, sample_all: SampleAll) -> None:
    _, model = opened(copied)
    model.get_input_embeddings().weight.data[:] = float("nan")
    model.save_pretrained(copied)
    one = sample_all(sampler(copied, keep_tokens=True), [ask("why", 1)])["why", 0]
    assert (one.finish_reason, one.text, one.completion_tokens) == ("error", "", 0)


def test_a_think_tag_that_the_prompt_opened_is_put_back(
    copied: Path, ask: Ask, sample_all: SampleAll
) -> None:
    set_template(copied, "{{ messages[0]['content'] + '<|assistant|><think>\\n' }}")
    assert sample_all(sampler(copied), [ask("why", 1)])["why", 0].text.startswith("<think>\n")


def test_added_tokens_that_are_not_special_stay_in_the_text(random_model: Path) -> None:
    local = sampler(random_model)._local
    tokens = local.tokenizer("<think>a</think>\\boxed{b}<|end|>")["input_ids"]
    assert local.decode(tokens) == "<think>a</think>\\boxed{b}"


def test_without_a_chat_template_plain_completion_is_the_remedy(
    copied: Path, ask: Ask, sample_all: SampleAll
) -> None:
    (copied / "chat_template.jinja").unlink()
    with pytest.raises(ConfigurationError, match=r"no chat template\n.*plain=True"):
        sample_all(sampler(copied), [ask("why", 1)])
    plain = sample_all(sampler(copied, plain=True), [ask("why", 1)])["why", 0]
    assert plain.prompt_tokens == len("why")


def test_a_template_that_refuses_is_named(copied: Path, ask: Ask, sample_all: SampleAll) -> None:
    set_template(copied, "{{ raise_exception('no user turn allowed') }}")
    with pytest.raises(ConfigurationError, match="no user turn allowed"):
        sample_all(sampler(copied), [ask("why", 1)])


@pytest.mark.parametrize(
    ("sampling", "options", "fault"),
    [
        (Sampling(temperature=-1.0), {}, "temperature"),
        (Sampling(top_p=0.0), {}, "top_p"),
        (Sampling(top_k=-1), {}, "top_k"),
        (Sampling(max_tokens=0), {}, "max_tokens"),
        (Sampling(stop=("",)), {}, "stop"),
        (Sampling(), {"batch_size": 0}, "batch_size"),
        (Sampling(), {"threads": 0}, "threads"),
        (Sampling(), {"device": "abacus"}, "'abacus' is no device"),
        (Sampling(), {"device": "cuda:99"}, "torch sees"),
        (Sampling(), {"dtype": "float31"}, "'float31' is no dtype"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_value(
    random_model: Path, sampling: Sampling, options: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        sampler(random_model, sampling, **options)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        sampler(tmp_path / "nowhere")


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(SamplerError, match="cannot be opened"):
        sampler(tmp_path)


def test_damaged_weights_reach_every_asker(copied: Path, ask: Ask) -> None:
    (copied / "model.safetensors").write_bytes(b"not weights")

    async def ask_twice() -> list[BaseException | list[Sample]]:
        damaged = sampler(copied)

        async def one(question: str) -> list[Sample]:
            return [sample async for sample in damaged.sample(ask(question, 1))]

        answers = await asyncio.gather(one("a"), one("b"), return_exceptions=True)
        late = await asyncio.gather(one("c"), return_exceptions=True)
        await damaged.aclose()
        return [*answers, *late]

    answers = asyncio.run(ask_twice())
    assert [type(answer) for answer in answers] == [SamplerError] * 3
    assert len({id(answer) for answer in answers}) == 3


def test_closing_ends_requests_in_flight_and_later_ones(random_model: Path, ask: Ask) -> None:
    async def close_amid() -> tuple[BaseException | None, BaseException | None]:
        slow = sampler(random_model, Sampling(max_tokens=200), batch_size=64)
        asked = asyncio.create_task(first_of(slow, ask("why", 1)))
        await asyncio.sleep(0.2)
        await slow.aclose()
        await slow.aclose()
        await asyncio.wait([asked])
        late = asyncio.create_task(first_of(slow, ask("why", 1)))
        await asyncio.wait([late])
        return asked.exception(), late.exception()

    for error in asyncio.run(close_amid()):
        assert isinstance(error, SamplerError)
        assert "closed" in error.fault


def test_a_caller_that_gives_up_leaves_the_others_alone(random_model: Path, ask: Ask) -> None:
    async def give_up() -> list[Sample]:
        busy = sampler(random_model, Sampling(max_tokens=60))

        async def one(question: str) -> list[Sample]:
            return [sample async for sample in busy.sample(ask(question, 1, 2))]

        tasks = [asyncio.create_task(one(f"question {number}")) for number in range(12)]
        await asyncio.sleep(0.05)
        for task in tasks[::2]:
            task.cancel()
        kept = await asyncio.gather(*tasks[1::2])
        await busy.aclose()
        return [sample for samples in kept for sample in samples]

    assert len(asyncio.run(give_up())) == 12


def test_one_sampler_serves_one_event_loop_after_another(random_model: Path, ask: Ask) -> None:
    kept = sampler(random_model)

    first, second = (asyncio.run(first_of(kept, ask("why", 1))).text for _ in range(2))
    assert first == second
    asyncio.run(kept.aclose())


def test_the_revision_is_that_of_weights_and_tokenizer(copied: Path) -> None:
    revision = sampler(copied).model_revision
    assert revision is not None
    assert revision.startswith("sha256:")
    (copied / "training.json").write_text("{}")
    (copied / "notes.md").write_text("mine")
    assert sampler(copied).model_revision == revision
    set_template(copied, "{{ messages[0]['content'] }}")
    assert sampler(copied).model_revision != revision
