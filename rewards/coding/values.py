"""What counts as the expected result of a function, of which the sandbox sent an encoded copy.

Expected results come from JSON, where tuples are lists and keys are texts, so a list equals a tuple and a
key `1` equals `"1"`. A number is never a bool. Floats are equal within a tolerance where the expected
number is a float; a set equals a list with the same members.
"""

from __future__ import annotations

import math
from typing import Any

from genesys.rewards.coding.comparison import near

MAX_UNORDERED = 2000
"""Members of a set that are matched one by one; larger ones are compared by their sorted texts."""


def same_value(expected: Any, encoded: Any, tolerance: float) -> bool:
    """Whether an encoded result (`drivers/function_call.py`) is the expected one."""
    try:
        return _same(expected, encoded, tolerance)
    except RecursionError:
        return False


def _same(expected: Any, encoded: Any, tolerance: float) -> bool:
    if isinstance(encoded, dict):
        return _same_tagged(expected, encoded, tolerance)
    if expected is None or isinstance(expected, bool):
        return encoded is expected
    if isinstance(expected, (int, float)):
        return _same_number(expected, encoded, tolerance)
    if isinstance(expected, str):
        return isinstance(encoded, str) and encoded == expected
    if isinstance(expected, list):
        return (
            isinstance(encoded, list)
            and len(expected) == len(encoded)
            and all(_same(one, other, tolerance) for one, other in zip(expected, encoded, strict=True))
        )
    return False


def _same_number(expected: float, encoded: Any, tolerance: float) -> bool:
    if isinstance(encoded, bool) or not isinstance(encoded, (int, float)):
        return False
    if isinstance(expected, int):
        return encoded == expected
    try:
        return near(expected, float(encoded), tolerance)
    except OverflowError:
        return False


def _same_tagged(expected: Any, encoded: dict[str, Any], tolerance: float) -> bool:
    ((tag, content),) = encoded.items()
    if tag == "dict":
        return isinstance(expected, dict) and _same_mapping(expected, content, tolerance)
    if tag == "set":
        return isinstance(expected, list) and _same_members(expected, content, tolerance)
    if tag == "integer":
        return isinstance(expected, int) and not isinstance(expected, bool) and str(expected) == content
    if tag == "number":  # NaN and the infinities of JavaScript
        return isinstance(expected, float) and near(expected, float(content), tolerance)
    if tag == "complex":
        return isinstance(expected, list) and _same(expected, content, tolerance)
    if tag == "bytes":
        return bool(expected == content)
    return False


def _same_mapping(expected: dict[str, Any], pairs: list[list[Any]], tolerance: float) -> bool:
    found = {_key(key): value for key, value in pairs}
    return found.keys() == expected.keys() and all(
        _same(value, found[key], tolerance) for key, value in expected.items()
    )


def _key(encoded: Any) -> str:
    """A key as JSON writes it; tuples as Python does."""
    if isinstance(encoded, str):
        return encoded
    if isinstance(encoded, bool):
        return "true" if encoded else "false"
    if encoded is None:
        return "null"
    if isinstance(encoded, list):
        inner = ", ".join(repr(item) for item in encoded)
        return f"({inner},)" if len(encoded) == 1 else f"({inner})"
    if isinstance(encoded, float) and not math.isfinite(encoded):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(repr(encoded), "NaN")
    return repr(encoded)


def _same_members(expected: list[Any], members: list[Any], tolerance: float) -> bool:
    if len(expected) != len(members):
        return False
    if len(expected) > MAX_UNORDERED:
        return sorted(map(repr, expected)) == sorted(map(repr, members))
    left = list(members)
    for one in expected:
        for place, other in enumerate(left):
            if _same(one, other, tolerance):
                del left[place]
                break
        else:
            return False
    return True
