"""Few tokens for the boilerplate, single letters for what must be worked on, and any text at all."""

from __future__ import annotations

from collections import Counter
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("transformers")

from transformers import AutoTokenizer, PreTrainedTokenizerFast

from genesys.envs.sources.string_programs import LEVEL0_LETTERS
from genesys.training.tiny_model.corpus import documents, problems_of, tokenizer_texts
from genesys.training.tiny_model.tokenizer import END, build_tokenizer, learn_merges


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer(tokenizer_texts())


def pieces(tokenizer: PreTrainedTokenizerFast, text: str) -> list[str]:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return [str(tokenizer.decode([token])) for token in ids]


@given(text=st.text(max_size=200))
def test_any_text_comes_back(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    if "<|" not in text:  # a special token's own spelling is that token
        assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_two_letters_of_a_program_are_two_tokens_wherever_they_stand(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    for first, second in product(LEVEL0_LETTERS, repeat=2):
        word = first + second + first + second
        for before, after in (("s='", "'\n"), ("<think>", " "), (" ", "</think>"), ("\\boxed{", "}")):
            tokens = pieces(tokenizer, before + word + after)
            assert [token for token in tokens if token in LEVEL0_LETTERS] == list(word)


def test_every_level_0_prompt_takes_twenty_tokens(tokenizer: PreTrainedTokenizerFast) -> None:
    for problem in islice(problems_of("train", Random(0)), 200):
        rendered = tokenizer.apply_chat_template(
            [{"role": "user", "content": problem.prompt}], tokenize=False, add_generation_prompt=True
        )
        assert len(pieces(tokenizer, str(rendered))) == 20


def test_what_the_model_writes_survives_decoding_without_special_tokens(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    for document in islice(documents(Random(0)), 50):
        ids = tokenizer(document.completion + END, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids, skip_special_tokens=True) == document.completion


def test_the_template_marks_what_the_assistant_said(tokenizer: PreTrainedTokenizerFast) -> None:
    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think></think>b"}]
    marked: Any = tokenizer.apply_chat_template(chat, return_assistant_tokens_mask=True, return_dict=True)
    said = [token for token, mark in zip(marked["input_ids"], marked["assistant_masks"], strict=True) if mark]
    assert tokenizer.decode(said) == "<think></think>b" + END


def test_a_saved_tokenizer_is_opened_as_it_was(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    opened = AutoTokenizer.from_pretrained(tmp_path)
    text = tokenizer_texts()[0] + "<think>abcd</think>\\boxed{dcba}" + END
    assert opened(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert opened.chat_template == tokenizer.chat_template


def test_merges_are_the_same_whatever_the_order_of_the_pieces() -> None:
    counts = {"print(s)\n": 3, "s=s[::-1]\n": 2, "ss": 2}
    forwards, backwards = Counter(counts), Counter(dict(reversed(counts.items())))
    assert learn_merges(forwards) == learn_merges(backwards)
    assert len(learn_merges(Counter({"abcdefgh": 9}))) == 0
