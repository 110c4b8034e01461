"""One reader for the struct columns of published rows: dicts, JSON texts and Python literals."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from genesys.errors import MalformedRow

MAX_LITERAL = 2_000_000
"""Characters of a Python literal that are parsed at most: CPython's parser takes about 100 bytes of
memory a character, and a literal from a stranger's file must not take the machine."""


def parse_struct(value: object, *, column: str = "value") -> dict[str, Any]:
    """Reads a struct that is a mapping, a JSON object or the repr of a Python dict.

    SYNTHETIC-1's published dumps hold Python reprs, OpenR1's hold structs, and ours hold JSON.

    Args:
        value: The cell. None and blank text are an empty struct.
        column: Its name, for the error.

    Raises:
        MalformedRow: If it is none of these.
    """
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, str):
        raise MalformedRow(f"{column} is a {type(value).__name__}, not a struct")
    if not value.strip():
        return {}
    parsed = _parse_text(value, column)
    if not isinstance(parsed, dict):
        raise MalformedRow(f"{column} holds a {type(parsed).__name__}, not a struct: {value[:80]!r}")
    return parsed


def _parse_text(text: str, column: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > MAX_LITERAL:
        raise MalformedRow(f"{column} is no JSON, and with {len(text)} characters too long for a literal")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        raise MalformedRow(f"{column} is neither JSON nor a Python literal: {text[:80]!r}") from None
