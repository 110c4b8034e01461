"""The text space."""

from __future__ import annotations

import pickle

import pytest
from gymnasium.spaces import Text
from hypothesis import given
from hypothesis import strategies as st

from genesys.envs.spaces import TextSpace


@given(st.text())
def test_every_text_is_in_it(text: str) -> None:
    assert text in TextSpace()


@pytest.mark.parametrize("value", [None, 7, b"bytes", ["text"]])
def test_nothing_else_is(value: object) -> None:
    assert value not in TextSpace()


def test_samples_are_short_texts_that_the_seed_decides() -> None:
    first, second = TextSpace(seed=3), TextSpace(seed=3)
    samples = [first.sample() for _ in range(50)]
    assert samples == [second.sample() for _ in range(50)]
    assert len(set(samples)) > 10
    assert all(sample in first and len(sample) < 400 for sample in samples)


def test_masks_are_refused() -> None:
    with pytest.raises(ValueError, match="no mask"):
        TextSpace().sample(mask="x")


def test_it_equals_its_like_and_survives_pickling() -> None:
    space = TextSpace(seed=1)
    assert space == TextSpace() == pickle.loads(pickle.dumps(space))
    assert hash(space) == hash(TextSpace())
    assert space != Text(5)
    assert repr(space) == "TextSpace()"


def test_texts_are_json_as_they_are() -> None:
    space = TextSpace()
    assert space.from_jsonable(space.to_jsonable(["a", "é"])) == ["a", "é"]
