"""A trace as a box in the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.text import Text

from genesys.schema import split_reasoning

if TYPE_CHECKING:
    from genesys.rollouts.run_summary import Trace

_FOLDED_LINES, _FOLDED_CHARACTERS = 12, 1_200
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def panel(trace: Trace, verifier: str, *, fold: bool = False, mark: str | None = None) -> Panel:
    """One trace as a box: prompt, gold, completion and verdict.

    Args:
        trace: The trace.
        verifier: Who gave the verdict.
        fold: Whether the middle of a long reasoning is left out.
        mark: A text to set off wherever it stands.
    """
    body = Text()
    body.append(_visible(trace.prompt.strip()) + "\n\n", style="dim")
    body.append(_visible(folded(trace.text.strip()) if fold else trace.text.strip()))
    if mark:
        body.highlight_regex(f"(?i){re.escape(mark)}", "bold black on yellow")
    verdict = "right" if trace.score == 1.0 else f"{trace.score} {trace.cause}"
    title = f"{trace.problem_id}  gold: {trace.gold}" if trace.gold is not None else trace.problem_id
    source = getattr(trace, "source", None)
    footer = (
        f"{verifier}: {verdict}, {trace.tokens or '?'} tokens, {trace.finish_reason}, {trace.response_id}"
        f"{f', {source}' if source else ''}"
    )
    style = "green" if trace.score == 1.0 else "yellow" if trace.score is None else "red"
    return Panel(
        body,
        title=Text(_visible(title)),
        subtitle=Text(_visible(footer)),
        title_align="left",
        border_style=style,
    )


def folded(text: str) -> str:
    """A canonical text with the middle of a long reasoning left out."""
    reasoning, answer = split_reasoning(text)
    if reasoning is None or answer is None or len(reasoning) <= 2 * _FOLDED_CHARACTERS:
        return text
    head, tail = reasoning[:_FOLDED_CHARACTERS], reasoning[-_FOLDED_CHARACTERS:]
    head = "\n".join(head.splitlines()[:_FOLDED_LINES])
    tail = "\n".join(tail.splitlines()[-_FOLDED_LINES:])
    left = len(reasoning) - len(head) - len(tail)
    return f"<think>{head}\n  … {left:,} characters of reasoning folded …\n{tail}</think>{answer}"


def _visible(text: str) -> str:
    """A text that cannot move the cursor, ring the bell or colour the terminal: controls as their pictures."""
    return _CONTROL.sub(lambda found: chr(0x2400 + min(ord(found.group()), 0x21)), text)
