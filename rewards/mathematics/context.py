"""What a comparison knows besides gold and answer: the problem's words and the options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from genesys.rewards.mathematics.identity import Identity

ListOrder = Literal["any", "strict"]

_PERCENT = re.compile(r"percent|%", re.IGNORECASE)
_POINT = re.compile(
    r"ordered|pair|triple|coordinate|point|tuple|vector|\(\s*[a-zA-Z]\s*,\s*[a-zA-Z]", re.IGNORECASE
)


@dataclass
class Context:
    """The circumstances of one comparison.

    Attributes:
        identity: The tiers that compare expressions.
        prompt: The problem's statement.
        tolerance: Relative tolerance for golds that are measured; 0 compares exactly.
        list_order: Whether lists without brackets must keep the gold's order.
        strict_units: Whether an answer must carry the gold's unit.
        percent_as_number: Whether `76` answers a gold of `76%`.
    """

    identity: Identity
    prompt: str = ""
    tolerance: float = 0.0
    list_order: ListOrder = "any"
    strict_units: bool = False
    percent_as_number: bool = True

    @cached_property
    def asks_percent(self) -> bool:
        """Whether the problem speaks of percent."""
        return _PERCENT.search(self.prompt) is not None

    @cached_property
    def asks_point(self) -> bool:
        """Whether the problem speaks of points, pairs or vectors."""
        return _POINT.search(self.prompt) is not None
