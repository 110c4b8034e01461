r"""Whether a predicted output is the expected one.

Exactly: the texts are equal up to outer white space and the kind of line end, or both are the same
Python string or container, whose spelling does not matter:

    'a'         "a"          the same
    [1,2]       [1, 2]       the same
    (1, 2)      [1, 2]       not: other types
    [True]      [1]          not
    1           1.0          not: a bare number is what it is spelled as
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

MAX_LITERAL = 20_000
"""Characters of a text that is parsed as a literal. Longer ones are compared as text only."""

MAX_DEPTH = 30
"""Nested brackets of a literal that is parsed."""

_TOKEN = re.compile(
    r"""
    (?P<space>\s++)
  | (?P<open>[\[({]) | (?P<close>[\])}])
  | (?P<mark>[,:])
  | (?P<word>(?:True|False|None|set\(\))(?!\w))
  | (?P<number>[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?j?(?!\w))
  | (?P<text>
        '(?:[^'\\\n]|\\(?:[\\'"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3]?[0-7]{1,2}))*+'
      | "(?:[^"\\\n]|\\(?:[\\'"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3]?[0-7]{1,2}))*+"
      | b'(?:[^'\\\n]|\\(?:[\\'"abfnrtv]|x[0-9a-fA-F]{2}))*+'
      | b"(?:[^"\\\n]|\\(?:[\\'"abfnrtv]|x[0-9a-fA-F]{2}))*+"
    )
    """,
    re.VERBOSE,
)
"""What literals are made of, as `repr` writes them: no comments, no hexadecimal, no operators."""


def same_output(gold: str, answer: str) -> bool:
    """Whether the answer is the expected output: the same text, Python literal or JSON container."""
    gold, answer = _normal(gold), _normal(answer)
    if gold == answer:
        return True
    for parse in (parse_literal, parse_json):
        expected = parse(gold)
        if expected is not None and same_value(expected, parse(answer)):
            return True
    return False


def same_as_json(gold: str, value: Any) -> bool:
    """Whether a JSON value is what JSON makes of the expected literal.

    JSON has no tuples and no keys but strings, so lists stand for tuples and `"1"` for the key `1`.
    """
    gold = _normal(gold)
    expected = _evaluated(gold) if _is_modest(gold) else _NOTHING
    try:
        return expected is not _NOTHING and same_value(json.loads(json.dumps(expected)), value)
    except (TypeError, ValueError, RecursionError):
        return False


def parse_literal(text: str) -> Any | None:
    """The Python string, bytes, tuple, list, set or dict that a text spells as `repr` does, or None.

    Takes time linear in the text, whatever it is: only texts whose tokens, nesting and length are those
    of a modest literal reach Python's parser.
    """
    if not text or text[0] not in "'\"b([{" or not _is_modest(text):
        return None
    value = _evaluated(text)
    return value if isinstance(value, str | bytes | tuple | list | set | dict) else None


def parse_json(text: str) -> Any | None:
    """The JSON object or array that a text spells, or None."""
    if not text or text[0] not in "[{" or len(text) > MAX_LITERAL:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def same_value(left: Any, right: Any) -> bool:
    """Equality that tells apart what Python's `==` does not: True and 1, 1 and 1.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, dict):
        return same_value(_typed(left), _typed(right)) and all(
            same_value(left[key], right[key]) for key in left
        )
    if isinstance(left, set):
        return bool(_typed(left) == _typed(right))
    return bool(left == right)


def _typed(values: set[Any] | dict[Any, Any]) -> set[tuple[type, Any]]:
    return {(type(value), value) for value in values}


_NOTHING = object()


def _evaluated(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return _NOTHING


def _is_modest(text: str) -> bool:
    if len(text) > MAX_LITERAL:
        return False
    position = depth = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return False
        if token.lastgroup == "open":
            depth += 1
        elif token.lastgroup == "close":
            depth -= 1
        if not 0 <= depth <= MAX_DEPTH:
            return False
        position = token.end()
    return depth == 0


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
