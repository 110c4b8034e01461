"""Format: reasoning between think tags, then the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from genesys.schema.text import CLOSE, OPEN
from genesys.training.shaping.per_completion import PerCompletion, Tokens

ANSWER_OPEN, ANSWER_CLOSE = "<answer>", "</answer>"


@dataclass(frozen=True, kw_only=True)
class Format(PerCompletion):
    """1.0 for a completion in form: `<think>…</think>` once, at its beginning, then an answer.

    Sources: DeepSeek-R1 (arXiv:2501.12948), section 2.2.2; open-r1's `format_reward` and, with `partial`,
    its `tag_count_reward`. No regular expression runs over the text, so that no completion is slow.

    Attributes:
        answer_tags: Whether the answer must stand in `<answer>…</answer>`, as in R1-Zero's prompt.
        partial: Whether each tag that stands exactly once and in its place earns its share; a completion
            in form earns 1.0 either way.
    """

    name: ClassVar[str] = "format"
    answer_tags: bool = False
    partial: bool = False

    @property
    def range(self) -> tuple[float, float]:
        """From no form to form."""
        return 0.0, 1.0

    def score(self, text: str, tokens: Tokens | None = None) -> float:
        """Whether the text is in form, or the share of its tags that are."""
        tags = (OPEN, CLOSE, ANSWER_OPEN, ANSWER_CLOSE) if self.answer_tags else (OPEN, CLOSE)
        places = [text.find(tag) if text.count(tag) == 1 else -1 for tag in tags]
        if self._in_form(text, places):
            return 1.0
        if not self.partial:
            return 0.0
        in_order = [place for place in places if place >= 0]
        good = len(in_order) if in_order == sorted(in_order) else 0
        return min(good / len(tags), 1 - 1 / len(tags))

    def _in_form(self, text: str, places: list[int]) -> bool:
        if -1 in places or places != sorted(places) or text[: places[0]].strip():
            return False
        after = text[places[1] + len(CLOSE) :]
        if not self.answer_tags:
            return bool(after.strip())
        answer = text[places[2] + len(ANSWER_OPEN) : places[3]]
        between = text[places[1] + len(CLOSE) : places[2]]
        rest = text[places[3] + len(ANSWER_CLOSE) :]
        return bool(answer.strip()) and not between.strip() and not rest.strip()
