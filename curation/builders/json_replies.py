"""Reading a reply that was asked for as one JSON object."""

from __future__ import annotations

import json
import re
from typing import Any

from genesys.curation.builders.llm_step import MalformedReply

_FENCE = re.compile(r"\A```(?:json)?[ \t]*\n(.*?)\n?```\Z", re.DOTALL)


def read_object(reply: str, **fields: type | tuple[type, ...]) -> dict[str, Any]:
    """The JSON object that is the whole reply, maybe fenced; or the one object in the prose around it.

    Args:
        reply: The reply.
        fields: Fields that must be there, with their types.

    Raises:
        MalformedReply: If there is no such object, or more than one.
    """
    text = reply.strip()
    fenced = _FENCE.match(text)
    found = _objects(fenced.group(1) if fenced else text)
    if len(found) != 1:
        raise MalformedReply(f"{len(found)} JSON objects")
    for name, kind in fields.items():
        value = found[0].get(name)
        wrong_bool = isinstance(value, bool) and kind is not bool
        if not isinstance(value, kind) or wrong_bool:
            raise MalformedReply(f"{name!r} is {value!r:.60}")
    return found[0]


def _objects(text: str) -> list[dict[str, Any]]:
    """The top-level JSON objects in a text; braces in the prose between are passed over."""
    decoder = json.JSONDecoder(strict=False)
    found: list[dict[str, Any]] = []
    place = text.find("{")
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            found += [value] if isinstance(value, dict) and value else []
        place = text.find("{", end)
    return found
