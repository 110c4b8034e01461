"""The canonical text of a completion, and its two parts.

Canonical text is the reasoning between `<think>` and `</think>`, then the answer. It is exactly what a
verifier, a judge, TRL and the published `llm_response` column see, whatever way a server delivered it:

    in the text           canonical_text("<think>6*7</think>42")
    in a field of its own canonical_text("42", reasoning="6*7")
    opened by the prompt  canonical_text("6*7</think>42", opened="<think>")
"""

from __future__ import annotations

import re
from typing import NamedTuple

OPEN, CLOSE = "<think>", "</think>"
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPEN_AT_END = re.compile(r"<think>\s*\Z")


def open_think(prompt: str) -> str:
    r"""The open think tag with its white space that a rendered prompt ends with, or "".

    R1's chat template ends the prompt with "<think>\n": the model continues inside its reasoning.
    """
    found = _OPEN_AT_END.search(prompt[-64:])
    return found.group() if found else ""


def canonical_text(content: str | None, reasoning: str | None = None, opened: str = "") -> str:
    """Puts a completion into its canonical text.

    Args:
        content: What was sampled, or a server's `content`; None where the server has none, because the
            reasoning did not end.
        reasoning: A server's field of its own for the reasoning, without tags, or None.
        opened: What the prompt opened for the model (`open_think`), put back in front.

    Returns:
        The text, valid UTF-8: a lone surrogate becomes U+FFFD, as Parquet and JSON hold none.
    """
    text = content or ""
    if reasoning and not text.lstrip().startswith(OPEN):
        inner = reasoning.strip().removeprefix(OPEN).removesuffix(CLOSE)
        text = f"{OPEN}{inner}" if content is None else f"{OPEN}{inner}{CLOSE}{text}"
    elif opened and not text.lstrip().startswith(OPEN):
        text = opened + text
    return without_surrogates(text)


def without_surrogates(text: str) -> str:
    """A text that UTF-8, Parquet and SQLite can hold: lone surrogates become U+FFFD."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


class CanonicalParts(NamedTuple):
    """The two parts of a canonical text.

    Attributes:
        reasoning: What stands before the last `</think>`, without its first open tag; None where the
            text has no think tags.
        answer: What stands after it; None where the reasoning never closed: the text is truncated.
    """

    reasoning: str | None
    answer: str | None


def split_reasoning(text: str) -> CanonicalParts:
    """Splits a canonical text into reasoning and answer, in time linear in its length.

    The answer stands after the *last* `</think>`, so that reasoning which speaks of the tag cannot
    smuggle an answer in. An open think after it means that the model was still thinking.
    """
    close = text.rfind(CLOSE)
    opening = text.rfind(OPEN)
    if opening > close:
        return CanonicalParts(text[opening + len(OPEN) :] if close < 0 else text, None)
    if close < 0:
        return CanonicalParts(None, text)
    return CanonicalParts(text[:close].lstrip().removeprefix(OPEN), text[close + len(CLOSE) :])
