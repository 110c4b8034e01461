r"""Answers that repeat the problem instead of solving it.

`\sum_{k=1}^5 k` for 15 is caught by the grammar. What remains is the problem's own expression: for
"Compute $12 \cdot 30$", the box `12 \cdot 30` equals the gold and answers nothing.
"""

from __future__ import annotations

import re

from genesys.rewards.mathematics.shapes import Assign, Shape, Value

_SPACES = re.compile(r"\s+|\\[,;:! ]|\\(?:left|right|displaystyle)(?![a-zA-Z])|\$|\\[()\[\]]")
_OPERATION = re.compile(r"[-+*/^!]|\\(?:frac|sqrt|cdot|times|div|binom|log|ln|sin|cos|tan)|\d[a-zA-Z(]")
_MAX_PROMPT = 20_000


def is_restatement(answer: str, shape: Shape, gold: str, gold_shape: Shape, prompt: str) -> bool:
    """Whether an answer is an expression of the problem's statement that is still to be worked out.

    Numerals, reduced fractions and symbols are values wherever they stand, and what the gold itself leaves
    as it stands in the statement counts as an answer.
    """
    if isinstance(shape, Assign):
        shape = shape.value
    if not isinstance(shape, Value) or shape.plain or not prompt:
        return False
    written, wanted = _squeezed(answer), _squeezed(gold)
    if written == wanted or not _OPERATION.search(written) or len(written) < 3:
        return False
    statement = _squeezed(prompt[-_MAX_PROMPT:])
    if not _stands_alone(written, statement) or _stands_alone(wanted, statement):
        return False
    return isinstance(gold_shape, Value | Assign)


def _squeezed(text: str) -> str:
    text = text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    return _SPACES.sub("", text).rstrip(".")


def _stands_alone(part: str, whole: str) -> bool:
    """Whether a text holds another, not as a piece of a longer number."""
    start = whole.find(part)
    while start >= 0:
        end = start + len(part)
        before, after = whole[start - 1 : start], whole[end : end + 1]
        if not (before.isdigit() and part[0].isdigit()) and not (after.isdigit() and part[-1].isdigit()):
            return True
        start = whole.find(part, start + 1)
    return False
