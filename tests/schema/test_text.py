from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.schema import canonical_text, open_think, split_reasoning

FULL = "<think>6*7</think>42"


@pytest.mark.parametrize(
    ("content", "reasoning", "opened", "expected"),
    [
        (FULL, None, "", FULL),
        ("42", "6*7", "", FULL),
        ("42", "<think>6*7</think>", "", FULL),
        ("6*7</think>42", None, "<think>", FULL),
        ("6*7</think>42", None, "<think>\n", "<think>\n6*7</think>42"),
        (FULL, None, "<think>", FULL),  # a model that opens again what the prompt opened
        (FULL, "6*7", "", FULL),  # a server that gives the reasoning twice
        (None, "6*7 is", "", "<think>6*7 is"),
        (None, None, "", ""),
        ("42", None, "", "42"),
        ("42", "", "", "42"),
    ],
)
def test_every_delivery_gives_the_same_text(
    content: str | None, reasoning: str | None, opened: str, expected: str
) -> None:
    assert canonical_text(content, reasoning, opened) == expected


def test_lone_surrogates_become_replacement_characters() -> None:
    assert canonical_text("a\ud800b") == "a\ufffdb"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("…<think>\n", "<think>\n"), ("…<think>", "<think>"), ("<think>a</think>", ""), ("", "")],
)
def test_what_a_prompt_opened_is_seen_at_its_end(prompt: str, expected: str) -> None:
    assert open_think(prompt) == expected


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        (FULL, "6*7", "42"),
        ("42", None, "42"),
        ("<think>6*", "6*", None),
        ("6*7</think>42", "6*7", "42"),
        ("<think>a</think>b<think>c</think>d", "a</think>b<think>c", "d"),
        ("<think>a</think>b<think>c", "<think>a</think>b<think>c", None),
        ("", None, ""),
    ],
)
def test_reasoning_and_answer_are_told_apart(text: str, reasoning: str | None, answer: str | None) -> None:
    assert split_reasoning(text) == (reasoning, answer)


@given(st.text(), st.text())
def test_a_reasoning_field_never_reaches_the_answer(content: str, reasoning: str) -> None:
    text = canonical_text(content, reasoning or None)
    if reasoning.strip() and "think>" not in content + reasoning:
        assert split_reasoning(text).answer == content


@given(st.text(alphabet=st.characters()))
def test_canonical_text_is_always_utf8(content: str) -> None:
    canonical_text(content).encode()
