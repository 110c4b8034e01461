"""From what a server sends to canonical text, whoever opened the think block and wherever it went."""

from __future__ import annotations

from genesys.rollouts.samplers.server_replies import Draft
from genesys.schema import canonical_text
from genesys.schema.text import CLOSE, OPEN

USUAL_OPENING = "<think>\n"
"""What a template opened that nobody has seen: R1's."""


class Canonical:
    """Makes canonical text of drafts, and learns whether the server separates the reasoning.

    Where it does, a text without reasoning is an answer without reasoning: the think block that the
    template opened was taken away with the rest of it.
    """

    def __init__(self) -> None:
        self._separates = False

    def text(self, draft: Draft, opened: str | None) -> str:
        """The canonical text of a sample.

        Args:
            draft: The sample.
            opened: What the prompt ended with (`open_think`); None where the server cannot say.
        """
        content, reasoning = draft.parts
        self._separates = self._separates or draft.separated
        if reasoning is not None:
            return canonical_text(content, reasoning)
        inside = _closes_what_it_has_not_opened(content or "")
        if opened is None:
            return canonical_text(content, opened=USUAL_OPENING if inside else "")
        return canonical_text(content, opened=opened if inside or not self._separates else "")


def _closes_what_it_has_not_opened(text: str) -> bool:
    close = text.find(CLOSE)
    return close >= 0 and text.find(OPEN, 0, close) < 0
