"""Canonical JSON and the digests that identify records."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical_json(value: Any) -> str:
    """JSON in one spelling: sorted keys, no spaces, ASCII, no NaN.

    Raises:
        ValueError: If the value holds a NaN or an infinity.
        TypeError: If it holds something that JSON has no word for.
    """
    return _ENCODER.encode(value)


def digest_of(*parts: Any, bits: int = 256) -> str:
    """SHA-256 over the canonical JSON of the parts, as hex of the first `bits` bits."""
    return hashlib.sha256(canonical_json(parts).encode("ascii")).hexdigest()[: bits // 4]


def text_digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, as hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
