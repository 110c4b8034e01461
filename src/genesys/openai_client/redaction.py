"""What other servers say, made fit for an error: short, printable and without keys."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

LONGEST = 500
"""Characters of a server's words that an error repeats."""

_KEYS = re.compile(r"(?i)\b(?:bearer\s+\S{6,}|(?:sk|pk|rk|hf|gsk|xai|api|key)[-_][\w*.\-]{6,})")
HIDDEN = "[key]"


def scrubbed(text: str, key: str | None) -> str:
    """A text on one line, bounded, with the key and whatever looks like one taken out."""
    if key:
        text = text.replace(key, HIDDEN).replace(json.dumps(key)[1:-1], HIDDEN)
    text = _KEYS.sub(HIDDEN, text[: 4 * LONGEST])
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def words_of(body: bytes, key: str | None) -> str:
    """What the body of a refusal says: the message of OpenAI's error object where it is one."""
    text = body[: 64 * LONGEST].decode("utf-8", "replace")
    try:
        said = message_of(json.loads(text))
    except (ValueError, RecursionError):
        said = None
    return scrubbed(said or text, key) or "nothing"


def message_of(value: Any) -> str | None:
    """The message in an error object, in the shapes that servers give it, or None."""
    for name in ("error", "detail", "message"):
        inner = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(inner, str):
            return inner
        if isinstance(inner, Mapping):
            return message_of(inner) or json.dumps(inner)
        if inner:
            return json.dumps(inner)
    return None
