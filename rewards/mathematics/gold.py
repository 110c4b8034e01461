"""Golds that no answer can be compared with, recognised from the gold alone."""

from __future__ import annotations

import re

from genesys.rewards.mathematics.decision import read_gold
from genesys.rewards.mathematics.errors import TooComplexError
from genesys.rewards.mathematics.extraction import gold_text
from genesys.rewards.mathematics.shapes import Nothing
from genesys.schema import Problem

MAX_GOLD = 20_000
_EMPTY_PART = re.compile(r"\\[dt]?frac\s*(?:\{\s*\}|\{[^{}]*\}\s*\{\s*\})|(?:\\sqrt|\^)\s*\{\s*\}")
_BROKEN_OFF = re.compile(r"[\w)}][ ]?[-+=][ $]*\Z")


def raw_gold(problem: Problem) -> str | None:
    """The gold as the problem stores it; numbers and truth values as text."""
    gold = problem.verification_info.get("ground_truth")
    if gold is None or isinstance(gold, dict | list):
        return None
    return str(gold).strip(" \n") or None


def gold_fault(problem: Problem) -> str | None:
    """Why a problem's gold cannot be used, or None."""
    raw = raw_gold(problem)
    if raw is None:
        return "there is no ground_truth"
    if len(raw) > MAX_GOLD:
        return f"the gold has {len(raw)} characters"
    text = gold_text(raw)
    if not _balanced(text):
        return "its braces do not match"
    if _EMPTY_PART.search(text) or text.lstrip("$ ").startswith(("^", "_")):
        return "a part of it is missing"
    if _BROKEN_OFF.search(text):
        return "it breaks off after an operator"
    try:
        shape = read_gold(text)
    except TooComplexError:
        return None  # an answer can still equal it to the letter
    return "it holds no answer" if isinstance(shape, Nothing) else None


def _balanced(text: str) -> bool:
    depth = 0
    escaped = False
    for char in text:
        if not escaped and char in "{}":
            depth += 1 if char == "{" else -1
            if depth < 0:
                return False
        escaped = char == "\\" and not escaped
    return depth == 0
