r"""Numbers and sums as LaTeX, and the digits of a code: what the mathematics generators share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def number(value: Fraction | int) -> str:
    r"""A rational in lowest terms: "-7", r"-\frac{7}{12}"."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def sum_of(terms: Sequence[tuple[int, str]]) -> str:
    """A sum of integer multiples: `[(3, "x"), (-1, "y"), (0, "z"), (4, "")]` is "3x - y + 4"."""
    text = ""
    for factor, name in terms:
        if factor == 0:
            continue
        size = "" if abs(factor) == 1 and name else str(abs(factor))
        if text:
            text += f" {'-' if factor < 0 else '+'} {size}{name}"
        else:
            text = f"{'-' if factor < 0 else ''}{size}{name}"
    return text or "0"


def digits(code: int, radices: Sequence[int]) -> list[int]:
    """The digits of a code in mixed radix, least significant first; a bijection below their product."""
    found = []
    for radix in radices:
        code, digit = divmod(code, radix)
        found.append(digit)
    return found
