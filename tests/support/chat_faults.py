"""The faults of the test server, and seeded mixtures of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from chat_protocol import Asked

KINDS = (
    "status",  # an HTTP error, with `status`, `retry_after` and `message`
    "reset",  # the connection is reset before a byte of the reply
    "reset_body",  # the connection is reset in the middle of the body, or of the stream
    "slow",  # the reply comes `seconds` later
    "truncated",  # 200 with half of the JSON; a stream ends in the middle, orderly
    "empty",  # 200 with an empty body
    "garbage",  # 200 with a body, or a stream event, that is no JSON
    "inside",  # 200 with an error object of `status` inside, as gateways send it
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to misbehave.

    Attributes:
        kind: One of `KINDS`.
        status: Of kinds "status" and "inside".
        retry_after: The header's text, of kind "status".
        message: The error's words, of kinds "status" and "inside".
        error_type: The error's type, such as OpenAI's "insufficient_quota".
        seconds: How much later, of kind "slow".
    """

    kind: str
    status: int = 500
    retry_after: str | None = None
    message: str = "a fault made on purpose"
    error_type: str = "fault"
    seconds: float = 0.2

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault of kind {self.kind!r}; there are {', '.join(KINDS)}")


USUAL: Mapping[str, Fault] = {
    "429": Fault(kind="status", status=429),
    "429_retry_after": Fault(kind="status", status=429, retry_after="0.05"),
    "500": Fault(kind="status", status=500),
    "503": Fault(kind="status", status=503),
    "reset": Fault(kind="reset"),
    "reset_body": Fault(kind="reset_body"),
    "slow": Fault(kind="slow"),
    "truncated": Fault(kind="truncated"),
    "empty": Fault(kind="empty"),
    "garbage": Fault(kind="garbage"),
}
"""What a mixture draws from, by name."""


class FaultMix:
    """Draws a fault for each request from its content and attempt: the order of arrival decides nothing.

    Args:
        seed: Decides all draws.
        shares: Probability of each fault of `USUAL` (or of `faults`), by name; the rest goes well.
        faults: Further faults by name.
    """

    def __init__(
        self, seed: int, shares: Mapping[str, float], faults: Mapping[str, Fault] | None = None
    ) -> None:
        known = {**USUAL, **(faults or {})}
        self._seed = seed
        self._faults = [(known[name], share) for name, share in shares.items()]

    def __call__(self, asked: Asked) -> Fault | None:
        """The fault of a request, or None."""
        text = f"{self._seed}/{asked.attempt}/{asked.content}"
        place = Random(hashlib.sha256(text.encode()).digest()).random()
        for fault, share in self._faults:
            place -= share
            if place < 0:
                return fault
        return None
