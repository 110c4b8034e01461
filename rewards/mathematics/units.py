r"""Units: which words are one, what they measure, and when two of them say the same.

A unit that the gold lacks is ignored, and so is one that only the gold has: datasets drop units freely.
Two units that are both known are compared by what they measure: 1850 cents are 18.50 dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from genesys.rewards.mathematics.lexicon import words
from genesys.rewards.mathematics.tokens import Token

_F = Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as written.

    Attributes:
        words: Its words in lower case, singular.
        dimensions: What it measures, as sorted (dimension, power) pairs; None where a word is unknown.
        factor: How many base units it is.
    """

    words: tuple[str, ...]
    dimensions: tuple[tuple[str, int], ...] | None
    factor: Fraction = field(default=Fraction(1))


def _table() -> dict[str, tuple[str, int, Fraction]]:
    rows: list[tuple[str, str, int, Fraction | int]] = [
        ("m meter metre", "length", 1, 1),
        ("cm centimeter centimetre", "length", 1, _F(1, 100)),
        ("mm millimeter millimetre", "length", 1, _F(1, 1000)),
        ("dm decimeter decimetre", "length", 1, _F(1, 10)),
        ("km kilometer kilometre", "length", 1, 1000),
        ("nm nanometer", "length", 1, _F(1, 10**9)),
        ("in inch inches", "length", 1, _F(254, 10000)),
        ("ft foot feet", "length", 1, _F(3048, 10000)),
        ("yd yard", "length", 1, _F(9144, 10000)),
        ("mi mile", "length", 1, _F(1609344, 1000)),
        ("s sec second", "time", 1, 1),
        ("ms millisecond", "time", 1, _F(1, 1000)),
        ("min minute", "time", 1, 60),
        ("h hr hour", "time", 1, 3600),
        ("day", "time", 1, 86400),
        ("week", "time", 1, 604800),
        ("month", "month", 1, 1),
        ("yr year", "month", 1, 12),
        ("g gram gm", "mass", 1, 1),
        ("kg kilogram kilo", "mass", 1, 1000),
        ("mg milligram", "mass", 1, _F(1, 1000)),
        ("lb lbs", "weight", 1, 16),
        ("oz ounce", "weight", 1, 1),
        ("l liter litre", "volume", 1, 1),
        ("ml milliliter millilitre", "volume", 1, _F(1, 1000)),
        ("gallon gal", "us-volume", 1, 4),
        ("quart", "us-volume", 1, 1),
        ("dollar usd buck", "money", 1, 1),
        ("cent", "money", 1, _F(1, 100)),
        ("euro eur", "euro", 1, 1),
        ("pound", "pound", 1, 1),
        ("yen", "yen", 1, 1),
        ("rupee rs inr", "rupee", 1, 1),
        ("yuan rmb", "yuan", 1, 1),
        ("deg degree", "angle", 1, 1),
        ("c celsius", "celsius", 1, 1),
        ("f fahrenheit", "fahrenheit", 1, 1),
        ("rad radian", "radian", 1, 1),
        ("n newton", "force", 1, 1),
        ("j joule", "energy", 1, 1),
        ("kj kilojoule", "energy", 1, 1000),
        ("w watt", "power", 1, 1),
        ("kw kilowatt", "power", 1, 1000),
        ("pa pascal", "pressure", 1, 1),
        ("v volt", "voltage", 1, 1),
        ("hz hertz", "frequency", 1, 1),
        ("k kelvin", "temperature", 1, 1),
        ("mol mole", "amount", 1, 1),
        ("am", "morning", 1, 1),
        ("pm", "afternoon", 1, 1),
        ("unit", "unit", 1, 1),
    ]
    return {
        word: (dimension, power, _F(factor))
        for names, dimension, power, factor in rows
        for word in names.split()
    }


_KNOWN = _table()
_COMPOUND = {
    "mph": "mile per hour",
    "kmh": "km per hour",
    "kph": "km per hour",
    "fps": "ft per s",
    "rpm": "rpm",
}
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cubed": 3}
SAFE_UNSPACED = frozenset(
    words(
        "unit units sq cm mm km dm nm kg mg ml mi ft yd hr hrs min sec lb lbs oz mph kmh kph usd rad mol hz am pm inch inches "
        "feet foot meters metres miles hours minutes seconds days degrees dollars cents"
    )
)
"""Words that are a unit even where they stand against the number: `22.1cm`. A single letter is none."""


UNIT_LETTERS = frozenset("msghlLNJWV")
"""Single letters that may be a unit behind a number."""


def singular(word: str) -> str:
    """The word without its plural, lower case, without a final point."""
    word = word.lower().rstrip(".")
    if word in _KNOWN:
        return word
    if word.endswith("s") and word[:-1] in _KNOWN and len(word) > 2:
        return word[:-1]
    if len(word) < 4:
        return word
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-2] if word.endswith(("ches", "shes", "xes")) else word[:-1]
    return word


def is_unit_word(token: Token) -> bool:
    """Whether a word after a number can be its unit."""
    if token.kind == "word":
        if token.roman:
            return True
        return token.text.lower() in SAFE_UNSPACED or (token.spaced and len(token.text) >= 3)
    if token.kind in ("fn", "named"):
        return token.text in ("sec", "min", "deg")  # without an argument it is no function
    return token.roman and token.kind == "sym" and token.text not in ("e", "i", "d")


def read_unit(tokens: Sequence[Token]) -> Unit | None:
    """The unit that the tokens after a number are, or None where they are none."""
    words: list[str] = []
    dimensions: dict[str, int] = {}
    factor, known, sign, pending = _F(1), True, 1, 1
    last: tuple[str, int, Fraction] | None = None
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        for word in _COMPOUND.get(token.text.lower(), token.text).split():
            word = singular(word)
            if token[:2] == ("op", "/") or word in ("per", "an", "a", "each", "every"):
                sign = -1 if word != "a" or sign < 0 else sign
                words.append("per")
            elif token[:2] == ("op", "*") or word in ("of", "the", "(", ")", "{", "}"):
                continue
            elif token[:2] == ("op", "^"):
                width, power = _power(tokens, index)
                if last is None or not power:
                    return None
                index += width
                dimensions[last[0]] += last[1] * (power - 1)
                factor *= last[2] ** (power - 1)
                words[-1] += f"^{power}"
            elif word in _POWERS:
                pending = _POWERS[word]
                words.append(word)
                if word in ("squared", "cubed") and last is not None:
                    dimensions[last[0]] += last[1] * (pending - 1)
                    factor *= last[2] ** (pending - 1)
                    pending = 1
            elif word in _KNOWN and token.kind != "op":
                name, power, scale = _KNOWN[word]
                last = (name, sign * power, scale**sign)
                dimensions[name] = dimensions.get(name, 0) + last[1] * pending
                factor *= last[2] ** pending
                words.append(word)
                pending = 1
            elif token.kind in ("word", "sym", "fn", "named"):
                known = False
                words.append(word)
            else:
                return None
    if not words:
        return None
    measured = tuple(sorted((name, power) for name, power in dimensions.items() if power))
    return Unit(tuple(words), measured if known else None, factor)


def _power(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    """How many tokens a power takes and what it is; 0 where it is none."""
    rest = [token.text for token in tokens[index : index + 4]]
    if rest and rest[0] in ("2", "3"):
        return 1, int(rest[0])
    if len(rest) >= 3 and rest[0] == "{" and rest[2] == "}" and rest[1] in ("1", "2", "3"):
        return 3, int(rest[1])
    if rest[:2] == ["-", "1"]:
        return 2, -1
    if rest[:2] == ["{", "-"] and len(rest) == 4 and rest[3] == "}" and rest[2] in ("1", "2", "3"):
        return 4, -int(rest[2])
    return 0, 0


def convertible(one: Unit, other: Unit) -> Fraction | None:
    """The factor from the second to the first, where both measure the same."""
    if one.dimensions is None or one.dimensions != other.dimensions:
        return None
    return other.factor / one.factor


def akin(one: Unit, other: Unit) -> bool:
    """Whether one is the other, or says it with fewer words: `square units` and `units`."""
    left, right = set(one.words), set(other.words)
    return left <= right or right <= left
