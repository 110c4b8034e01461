"""math-verify as the last tier: for mathematics that the grammar here does not know; in the worker only."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

MAX_LENGTH = 300
"""Characters of a text that is given to the library, whose grammar is slow on long ones."""

_MOST = {"^": 8, "_": 8, "!": 2, "{": 40, "(": 20, "|": 8, "\\": 60, "=": 6, "/": 12}
"""How often a sign may occur: what nests makes the library's grammar exponential."""

_HOSTILE = ("^^", "!!", "\\sum", "\\int", "\\prod", "\\lim")


def affordable(text: str) -> bool:
    """The cost guard: whether the library may see a text.

    Short, with few powers and factorials, of small numbers: what is refused could take minutes.
    """
    if len(text) > MAX_LENGTH or any(part in text for part in _HOSTILE):
        return False
    digits = longest = 0
    for char in text:
        digits = digits + 1 if char.isdigit() else 0
        longest = max(longest, digits)
    return longest <= 12 and all(text.count(sign) <= most for sign, most in _MOST.items())


def equal_by_library(gold: str, answer: str) -> bool | None:
    """What math-verify says of two texts, gold first; None where it cannot read one of them."""
    if not affordable(gold) or not affordable(answer):
        return None
    left, right = _parse(gold), _parse(answer)
    if not left or not right:
        return None
    try:
        with quiet():
            return bool(library().verify(left, right, timeout_seconds=None))
    except Exception:  # noqa: BLE001 - sympy raises errors of many kinds, and each means: not shown equal
        return False


def readable_by_library(text: str) -> bool:
    """Whether math-verify makes an expression of a text."""
    return affordable(text) and bool(_parse(text))


def _parse(text: str) -> list[Any]:
    try:
        with quiet():
            parsed = library().parse(
                f"${text}$",
                extraction_config=[library().LatexExtractionConfig()],
                fallback_mode="no_fallback",
                extraction_mode="first_match",
                parsing_timeout=None,
            )
    except Exception:  # noqa: BLE001 - its grammar and sympy raise errors of many kinds
        return []
    return [part for part in parsed if not isinstance(part, str)]


@cache
def library() -> Any:
    """The module math_verify, without its word on each call that its signal timeouts are off."""
    import math_verify  # loads sympy: half a second, once in a worker's life

    for name in ("math_verify", "math_verify.parser", "math_verify.grader", "math_verify.utils"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return math_verify


@contextmanager
def quiet() -> Iterator[None]:
    """Without sympy's warnings about what the library does: nobody who reads them can change it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
