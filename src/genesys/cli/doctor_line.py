"""One line of `genesys doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One finding.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be; None where it is optional and absent.
        found: What was found.
        remedy: What to do, or "".
    """

    name: str
    ok: bool | None
    found: str
    remedy: str = ""
