"""What is the same output in another spelling, and what is another output."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.rewards.output_match import MAX_DEPTH, MAX_LITERAL, parse_literal, same_output, same_value


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("ab", "ab"),
        ("ab", "  ab\n"),
        ("a\nb", "a\r\nb"),
        ("'ab'", '"ab"'),
        (r"'a\'b'", '"a\'b"'),
        ("['a', 'b']", '["a","b"]'),
        ("[1, 2]", "[1,2]"),
        ("[1, 2]", "[\n 1,\n 2,\n]"),
        ("(1,)", "( 1, )"),
        ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"),
        ("{1, 2}", "{2, 1}"),
        ("[-1.5, 1e-05]", "[-1.5, 0.00001]"),
        ("b'ab'", 'b"ab"'),
        ("[True, None]", "[True,None]"),
        ('{"a": true, "b": [null]}', '{\n "a": true,\n "b": [ null ]\n}'),
    ],
)
def test_the_same_output_in_another_spelling(gold: str, answer: str) -> None:
    assert same_output(gold, answer)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("ab", "AB"),
        ("ab", "a b"),
        ("a\nb", "ab"),
        ("a b", "a  b"),
        ("ab", "'ab'"),
        ("'ab'", "ab"),
        ("'1'", "1"),
        ("1", "1.0"),
        ("1", "True"),
        ("True", "true"),
        ("16", "0x10"),
        ("1000", "1_000"),
        ("[16]", "[0x10]"),
        ("5", "(5)"),
        ("0.5", ".5"),
        ("[1]", "[1.0]"),
        ("[1]", "[True]"),
        ("{1: 2}", "{True: 2}"),
        ("{1: 2}", "{1: 2.0}"),
        ("{0}", "{False}"),
        ("[1, 2]", "(1, 2)"),
        ("[1, 2]", "[2, 1]"),
        ("[1, 2]", "[1, 2, 3]"),
        ("[1, 2]", "[1, 2] # or so"),
        ("[3]", "[1 + 2]"),
        ("b'a'", "'a'"),
        ("'a'", "f'a'"),
        ('{"a": true}', "{'a': True}"),
        ("[]", ""),
        ("['a', 'b']", "['a' 'b']"),
    ],
)
def test_another_output(gold: str, answer: str) -> None:
    assert not same_output(gold, answer)


literals = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(literals)
def test_what_repr_writes_is_read_back_as_the_same_value(value: object) -> None:
    text = repr(value)
    assert same_output(text, text)
    if isinstance(value, str | tuple | list | dict):
        assert same_value(parse_literal(text), value)


@given(literals, literals)
def test_equality_of_values_is_stricter_than_pythons(left: Any, right: Any) -> None:
    assert same_value(left, left)
    if same_value(left, right):
        assert left == right
        assert same_value(right, left)


def test_modest_literals_are_read_up_to_the_caps() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert same_output(deep, deep.replace("[]", "[ ]"))
    longest = "[" + "1," * ((MAX_LITERAL - 2) // 2) + "]"
    assert same_output(longest, longest.replace("[", "[ ")[: MAX_LITERAL - 1] + "]")
