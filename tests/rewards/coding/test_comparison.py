"""What counts as the expected output, and as the expected result."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.errors import DataError
from genesys.rewards.coding.comparison import Comparison, same_output
from genesys.rewards.coding.values import same_value
from genesys.rewards.sandbox.drivers.function_call import encode

OUTPUTS = [
    ("trailing spaces", "1 2 \n3 \n", "1 2\n3", True),
    ("two spaces inside", "1  2", "1 2", True),
    ("CRLF", "1\r\n2\r\n", "1\n2", True),
    ("a blank line between", "1\n\n2", "1\n2", True),
    ("tokens on one line", "1 2 3", "1\n2\n3", False),
    ("case of letters", "Yes", "YES", False),
    ("a float with fewer digits", "0.333333", "0.33333333333", True),
    ("two floats on a line", "0.3333333 0.6666667", "0.33333333333 0.66666666667", True),
    ("a float for an integer", "1.0", "1", False),
    ("an integer for a float", "1", "1.0", True),
    ("an exponent for an integer", "1e3", "1000", False),
    ("an exponent that is expected", "1000", "1e3", True),
    ("one off modulo a prime", "1000000006", "1000000007", False),
    ("the last digits of a large integer", "123456789012345678", "123456789012345999", False),
    ("leading zeros", "007", "7", False),
    ("an underscore", "1_0", "10", False),
    ("an underscore in a float", "1_0.0", "10.0", False),
    ("nan", "nan", "0.5", False),
    ("the order of lines", "b\na", "a\nb", False),
    ("a grid laid out anew", "1 2\n3 4", "1 2 3 4", False),
    ("minus nought", "-0.000000", "0.000000", True),
    ("a prefix of the lines", "3", "3\n4\n5", False),
    ("more lines", "3\n4\n5\n9", "3\n4\n5", False),
    ("a float that is off", "0.5001", "0.5", False),
    ("a large float within the relative tolerance", "1000000000.5", "1000000000.0", True),
    ("a word with a point", "a.b", "a.c", False),
    ("a version number", "1.2.3", "1.2.4", False),
    ("full-width digits", "１.0", "1.0", False),
]


@pytest.mark.parametrize(
    ("actual", "expected", "same"), [c[1:] for c in OUTPUTS], ids=[c[0] for c in OUTPUTS]
)
def test_outputs_are_compared(actual: str, expected: str, same: bool) -> None:
    assert same_output(expected, actual, Comparison()) is same


@pytest.mark.parametrize(
    ("options", "actual", "expected", "same"),
    [
        ({"case_sensitive": False}, "yes", "YES", True),
        ({"line_sensitive": False}, "1 2 3", "1\n2\n3", True),
        ({"float_tolerance": 1e-2}, "0.501", "0.5", True),
        ({"exact": True}, "1  2\n", "1 2", False),
        ({"exact": True}, "1 2\n\n", "1 2", True),
    ],
)
def test_a_problem_sets_its_comparison(
    options: dict[str, Any], actual: str, expected: str, same: bool
) -> None:
    assert same_output(expected, actual, Comparison.from_json(options)) is same


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(DataError, match="comparison"):
        Comparison.from_json({"tolerance": 1})


@given(st.text(max_size=200))
def test_an_output_is_the_same_as_itself(text: str) -> None:
    assert same_output(text, text, Comparison())


VALUES = [
    ("an integer", 1, 1, True),
    ("a bool is no integer", 1, True, False),
    ("an integer is no bool", True, 1, False),
    ("a tuple is a list", [1, 2], (1, 2), True),
    ("nested", [[1], {"a": [2]}], [(1,), {"a": (2,)}], True),
    ("a float within tolerance", 0.1, 0.1 + 1e-9, True),
    ("a float that is off", 0.1, 0.101, False),
    ("an integer for a float", 2.0, 2, True),
    ("an equal float for an integer", 2, 2.0, True),
    ("a large integer", 10**18 + 1, float(10**18), False),
    ("none", None, None, True),
    ("none is not nought", 0, None, False),
    ("a text", "1", 1, False),
    ("a set for a list", [3, 1, 2], {1, 2, 3}, True),
    ("a set with another member", [3, 1], {1, 2}, False),
    ("keys that are integers", {"1": 2}, {1: 2}, True),
    ("keys that are tuples", {"(1, 2)": 3}, {(1, 2): 3}, True),
    ("a missing key", {"a": 1, "b": 2}, {"a": 1}, False),
    ("a longer list", [1], [1, 2], False),
    ("bools in a list", [1, 0], [True, False], False),
    ("a generator", [1, 2], (n for n in (1, 2)), True),
    ("an object", 1, object(), False),
]


@pytest.mark.parametrize(
    ("expected", "returned", "same"), [c[1:] for c in VALUES], ids=[c[0] for c in VALUES]
)
def test_results_are_compared(expected: Any, returned: Any, same: bool) -> None:
    assert same_value(expected, encode(returned), 1e-6) is same


class Forged(list[int]):
    """A list that calls itself equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


def test_a_value_that_equals_everything_is_copied_as_it_is() -> None:
    assert not same_value([1, 2, 3], encode(Forged()), 1e-6)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_a_value_equals_itself(value: Any) -> None:
    assert same_value(value, encode(value), 1e-6)
