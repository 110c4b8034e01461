r"""Numerals: decimals, repeating decimals, and the fractions of mixed numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from genesys.rewards.mathematics.errors import NotMathError, TooComplexError
from genesys.rewards.mathematics.tokens import Token

MAX_DIGITS = 1_000
MAX_EXPONENT = 5_000


def number_of(text: str) -> Fraction:
    """The value of a numeral such as `12`, `.5`, `3.` or `2.5e-6`.

    Raises:
        TooComplexError: If it has too many digits or too large an exponent.
    """
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    if len(text) > MAX_DIGITS or (exponent and abs(int(exponent)) > MAX_EXPONENT):
        raise TooComplexError
    whole, _, decimals = mantissa.partition(".")
    value = Fraction(int((whole + decimals) or "0"), 10 ** len(decimals))
    return value * Fraction(10) ** int(exponent) if exponent else value


def repeating(text: str, tokens: Sequence[Token]) -> tuple[Fraction, int]:
    r"""A repeating decimal, such as `0.1\overline{6}`, and how many tokens its period takes.

    Args:
        text: The numeral before the bar.
        tokens: What follows the sign of the bar.
    """
    braced = bool(tokens) and tokens[0].text == "{"
    digits = "".join(token.text for token in tokens[braced : braced + 1])
    if not digits.isdigit() or len(text) + len(digits) > 60:
        raise NotMathError
    decimals = len(text.partition(".")[2])
    period = Fraction(int(digits), (10 ** len(digits) - 1) * 10**decimals)
    return number_of(text) + period, 3 if braced else 1


def mixed_part(tokens: Sequence[Token]) -> tuple[Fraction, int]:
    r"""The fraction of a mixed number, `\frac{3}{4}` or ` 3/4` after an integer, and its width in tokens.

    It must be proper and of two integers; anything else is 0 of no width, and a factor.
    """
    digits, width = _simple_fraction(tokens)
    if len(digits) != 2 or max(map(len, digits)) > MAX_DIGITS:
        return Fraction(0), 0
    top, bottom = map(int, digits)
    return (Fraction(top, bottom), width) if 0 < top < bottom else (Fraction(0), 0)


def _simple_fraction(tokens: Sequence[Token]) -> tuple[list[str], int]:
    """The two integers of a plain fraction at the start, and its width; nothing is parsed twice."""
    texts = [token.text for token in tokens]
    if not tokens:
        return [], 0
    if tokens[0].kind == "num" and tokens[0].spaced and texts[1:2] == ["/"]:
        digits = [texts[0], *texts[2:3]]
        return (digits if all(map(str.isdigit, digits)) else []), 3
    if tokens[0][:2] != ("structure", "frac"):
        return [], 0
    if len(texts) > 1 and texts[1].isdigit() and len(texts[1]) == 2:
        return list(texts[1]), 2  # \\frac34
    found: list[str] = []
    place = 1
    while len(found) < 2 and place < len(texts):
        braced = texts[place] == "{"
        inner = texts[place + braced : place + braced + 1]
        if not inner or not inner[0].isdigit() or (not braced and len(inner[0]) > 1):
            return [], 0
        if braced and texts[place + 2 : place + 3] != ["}"]:
            return [], 0
        found += inner
        place += 3 if braced else 1
    return found, place
