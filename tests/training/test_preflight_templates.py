"""Preflight: the traps of chat templates and tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

from flights import R1_LIKE, grpo, names, prompts, sft, traces
from transformers import PreTrainedTokenizerFast

from genesys.training import opened_by, preflight, reward
from genesys.training.shaping import Format, gated
from genesys.training.tiny_model.corpus import tokenizer_texts
from genesys.training.tiny_model.tokenizer import build_tokenizer


@pytest.fixture(scope="module")
def made() -> PreTrainedTokenizerFast:
    return build_tokenizer(tokenizer_texts())


@pytest.fixture
def tokenizer(made: PreTrainedTokenizerFast) -> Any:
    from copy import deepcopy

    return deepcopy(made)


def test_a_template_that_drops_the_reasoning(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.chat_template = R1_LIKE
    assert names(preflight(sft(tmp_path), traces(5), tokenizer))["template_drops_think"] == "stop"
    plain = [
        {"prompt": [{"role": "user", "content": "?"}], "completion": [{"role": "assistant", "content": "4"}]}
    ]
    assert "template_drops_think" not in names(preflight(sft(tmp_path), plain, tokenizer))


def test_a_template_that_doubles_the_tag(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.chat_template = tokenizer.chat_template.replace("{% generation %}", "{% generation %}<think>")
    assert names(preflight(sft(tmp_path), traces(5), tokenizer))["template_doubles_think"] == "stop"


def test_a_template_that_opens_the_tag_and_a_reward_that_was_not_told(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.chat_template = R1_LIKE
    config = grpo(tmp_path)
    untold = preflight(config, prompts(), tokenizer, rewards=[reward(), Format()])
    assert names(untold)["template_opens_think"] == "stop"
    within = preflight(config, prompts(), tokenizer, rewards=gated(reward(), (Format(), 0.1)))
    assert names(within)["template_opens_think"] == "stop"
    told = reward(opened=opened_by(tokenizer))
    assert preflight(config, prompts(), tokenizer, rewards=told) == []


def test_rows_begin_as_the_model_will_be_asked(tmp_path: Path, tokenizer: Any) -> None:
    opens = "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
    tokenizer.chat_template = tokenizer.chat_template.replace(
        "{% if add_generation_prompt %}<|assistant|>{% endif %}", opens
    )
    assert opens in tokenizer.chat_template
    assert names(preflight(sft(tmp_path), traces(5), tokenizer)) == {"prompt_is_no_prefix": "warn"}


def test_think_tags_that_are_special_never_reach_the_reward(tmp_path: Path, tokenizer: Any) -> None:
    special = build_tokenizer(tokenizer_texts())
    special.add_special_tokens({"additional_special_tokens": ["<think>", "</think>"]})
    found = preflight(grpo(tmp_path), prompts(), special, rewards=reward())
    assert names(found) == {"think_is_special": "stop"}


def test_a_loss_on_the_assistant_alone_needs_its_block(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.chat_template = tokenizer.chat_template.replace("{% generation %}", "").replace(
        "{% endgeneration %}", ""
    )
    config = sft(tmp_path, assistant_only_loss=True)
    assert names(preflight(config, traces(5), tokenizer)) == {"no_generation_block": "stop"}
    assert preflight(sft(tmp_path), traces(5), tokenizer) == []


def test_the_end_of_a_turn_must_be_learned(tmp_path: Path, tokenizer: Any) -> None:
    outside = tokenizer.chat_template.replace("<|end|>{% endgeneration %}", "{% endgeneration %}<|end|>")
    assert outside != tokenizer.chat_template
    tokenizer.chat_template = outside
    config = sft(tmp_path, assistant_only_loss=True)
    assert names(preflight(config, traces(5), tokenizer)) == {"end_of_turn_not_trained": "warn"}


def test_a_turn_must_end_with_the_end_token(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.chat_template = tokenizer.chat_template.replace("<|end|>", "\n")
    assert names(preflight(grpo(tmp_path), prompts(), tokenizer, rewards=reward())) == {
        "turn_has_no_eos": "stop"
    }


def test_end_and_padding_are_two_tokens(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.pad_token = tokenizer.eos_token
    assert names(preflight(sft(tmp_path), traces(5), tokenizer)) == {"pad_is_eos": "warn"}


def test_messages_need_a_chat_template(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.chat_template = None
    assert names(preflight(sft(tmp_path), traces(5), tokenizer)) == {"no_chat_template": "stop"}
