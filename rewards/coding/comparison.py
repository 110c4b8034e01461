"""What counts as the expected output of a program.

Outputs are compared line by line and token by token: spaces between tokens, blank lines and CRLF make no
difference, the arrangement in lines does. Tokens are equal as texts. Only where the *expected* token is
written as a float (`0.5`, `1e-9`) a number near it counts as well: integers, which may be hashes or counts
modulo a prime, and words are exact.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from genesys.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How outputs are compared; a problem sets it as `verification_info["comparison"]`.

    Attributes:
        float_tolerance: Absolute or relative difference within which floats are equal.
        case_sensitive: Whether `YES` and `Yes` differ.
        line_sensitive: Whether the arrangement of tokens in lines counts.
        exact: Whether outputs must be equal as they are, but for trailing white space at their ends.
    """

    float_tolerance: float = 1e-6
    case_sensitive: bool = True
    line_sensitive: bool = True
    exact: bool = False

    @classmethod
    def from_json(cls, value: object) -> Comparison:
        """Reads a problem's options.

        Raises:
            DataError: If it is no object or holds an option that there is not.
        """
        if value is None:
            return cls()
        known = {field.name for field in fields(cls)}
        if not isinstance(value, Mapping) or not known.issuperset(value):
            raise DataError(f"comparison must be an object with some of {sorted(known)}, not {value!r}")
        return cls(**value)


def same_output(expected: str, actual: str, how: Comparison) -> bool:
    """Whether a program's output is the expected one."""
    if how.exact:
        return expected.rstrip() == actual.rstrip()
    if not how.case_sensitive:
        expected, actual = expected.casefold(), actual.casefold()
    if expected == actual:
        return True
    if not how.line_sensitive:
        return _same_line(expected.split(), actual.split(), how.float_tolerance)
    wanted, found = _lines(expected), _lines(actual)
    return len(wanted) == len(found) and all(
        _same_line(one.split(), other.split(), how.float_tolerance)
        for one, other in zip(wanted, found, strict=True)
    )


def _lines(text: str) -> list[str]:
    """The lines that are not blank. Only newlines part lines: a form feed is a space like others."""
    return [line for line in text.split("\n") if line.strip()]


def _same_line(wanted: list[str], found: list[str], tolerance: float) -> bool:
    if wanted == found:
        return True
    return len(wanted) == len(found) and all(
        one == other or _near(one, other, tolerance) for one, other in zip(wanted, found, strict=True)
    )


_FLOAT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LONGEST_NUMBER = 400


def _near(expected: str, actual: str, tolerance: float) -> bool:
    if max(len(expected), len(actual)) > _LONGEST_NUMBER:
        return False
    if not _FLOAT.fullmatch(expected) or not _NUMBER.fullmatch(actual):
        return False
    return near(float(expected), float(actual), tolerance)


def near(expected: float, actual: float, tolerance: float) -> bool:
    """Whether a number is within the tolerance of the expected one, absolutely or relatively."""
    if not math.isfinite(expected) or not math.isfinite(actual):
        return expected == actual or (math.isnan(expected) and math.isnan(actual))
    return abs(expected - actual) <= tolerance * max(1.0, abs(expected))
