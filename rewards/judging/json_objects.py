r"""JSON objects in a reply, as models write them.

Read: objects in fences or among prose, trailing commas, raw line breaks and LaTeX's backslashes in strings
("\(x^2\)"), single quotes as Python writes them. Not read: an object that is not closed, because nobody knows
what was to follow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from genesys.errors import MalformedRow
from genesys.schema import parse_struct

MAX_REPLY = 60_000
"""Characters of a reply that are searched, from its end: the verdict stands last."""

MAX_STARTS = 64
"""Places that are tried at most, the last ones; a reply of braces costs no more."""

_DECODER = json.JSONDecoder(strict=False)
_OPENING = re.compile(r"""\{\s*["']""")
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_BAD_ESCAPE = re.compile(r'\\(?:u(?![0-9a-fA-F]{4})|[^"\\/bfnrtu])')


def json_objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost objects of a text, in their order."""
    text = text[-MAX_REPLY:]
    end = 0
    for start in [found.start() for found in _OPENING.finditer(text)][-MAX_STARTS:]:
        if start >= end:
            found, end = _object_at(text, start)
            if found is not None:
                yield found


def _object_at(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """The object that opens at a place, or None, and where to go on."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        pass
    else:
        return value, end
    end = _closing(text, start)
    mended = None if end < 0 else _mended(text[start:end])
    return (None, start + 1) if mended is None else (mended, end)


def _closing(text: str, start: int) -> int:
    """Behind the brace that closes the one at `start`, or -1."""
    depth = 0
    for piece in _PIECES.finditer(text, start):
        if piece.group() == "{":
            depth += 1
        elif piece.group() == "}":
            depth -= 1
            if depth == 0:
                return piece.end()
    return -1


def _mended(text: str) -> dict[str, Any] | None:
    text = _TRAILING_COMMA.sub(lambda found: found.group(1) or "", text)
    try:
        value = _DECODER.decode(_BAD_ESCAPE.sub(lambda found: "\\" + found.group(), text))
    except (ValueError, RecursionError):
        pass
    else:
        return value if isinstance(value, dict) else None
    try:
        return parse_struct(text)  # a Python literal
    except MalformedRow:
        return None
