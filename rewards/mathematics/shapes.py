r"""What an answer can be: a value, words, a list, a set of reals, an equation, a matrix.

A shape is what the reader makes of an answer; shapes are compared element by element.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from genesys.rewards.mathematics.tree import Node
from genesys.rewards.mathematics.units import Unit


@dataclass(frozen=True, slots=True)
class Value:
    r"""An expression, with its unit: `22.1\text{ cm}^2`.

    Attributes:
        node: The expression, without unit and percent sign.
        unit: Its unit, or None.
        percent: Whether a percent sign follows.
        decimals: Digits after the point where it is written as a plain decimal, else None.
        plain: Whether it is a numeral, a fraction of two, or a symbol, with a sign at most: nothing in it
            is left to work out.
        remark: Words before it that are neither unit nor filler: they may change what it says.
        product: The expression where the letters of the unit are factors: `2\pi hr`.
    """

    node: Node
    unit: Unit | None = None
    percent: bool = False
    decimals: int | None = None
    plain: bool = False
    remark: str = ""
    product: Node | None = None


@dataclass(frozen=True, slots=True)
class Words:
    r"""Text: `\text{odd}`, `converges conditionally`.

    Attributes:
        text: Its words in lower case, joined by single spaces.
        node: The product it may be instead, where it is two or three plain letters.
    """

    text: str
    node: Node | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Several answers, or one with several parts.

    Attributes:
        items: The elements.
        brackets: "" for a bare list, "{}" for a set, "()" for a tuple or an open interval, "[]", "(]",
            "[)", "<>" for a vector.
        separator: "," or ";".
    """

    items: tuple[Shape, ...]
    brackets: str = ""
    separator: str = ","


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval of a set of reals; a point has equal, closed ends."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class RealSet:
    r"""A union of intervals and points: `x<0 \text{ or } x=1`, `(-\infty,0)\cup\{1\}`.

    Attributes:
        pieces: Its parts.
        variable: The variable of an inequality, or None.
    """

    pieces: tuple[Piece, ...]
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    r"""A named answer: `k=1`, `f(x)=2x`, `x\in[-2,5)`.

    Attributes:
        name: What is named, as text.
        value: The answer.
        symbol: The name, where it is a single symbol.
        parameter: The argument, where it is a function of one symbol.
    """

    name: str
    value: Shape
    symbol: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """An equation or inequality that is not solved: `2x+y+1=0`. `sign` is =, <, <=, != or equiv."""

    left: Node
    right: Node
    sign: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A row of equalities, `S = 3 + 4 = 7`: every part from the first value on."""

    parts: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix or a vector."""

    rows: tuple[tuple[Shape, ...], ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Parts between colons: a ratio, or a time with its half of the day."""

    parts: tuple[Node, ...]
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Based:
    """A numeral with its base: `204_5`."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Residue:
    r"""A value modulo a number: `x \equiv 5 \pmod 7`."""

    value: Shape
    modulus: Node


@dataclass(frozen=True, slots=True)
class Family:
    r"""An answer for every element of a set: `k\pi, k \in \mathbb{Z}`."""

    shape: Shape
    parameter: str
    domain: str


@dataclass(frozen=True, slots=True)
class Task:
    r"""Something to be worked out and not an answer: `\sum_{k=1}^5 k`."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Mathematics, or a likeness of it, outside the grammar."""

    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """No answer at all: an empty box, dots, a placeholder."""


Shape: TypeAlias = (
    Value
    | Words
    | Listing
    | RealSet
    | Assign
    | Relation
    | Chain
    | Matrix
    | Ratio
    | Based
    | Residue
    | Family
    | Task
    | Opaque
    | Nothing
)
