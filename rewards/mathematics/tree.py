"""Expressions as small trees, with exact arithmetic on the way up.

A node is a number, a symbol, a sum, a product, a power or a function call. The constructors fold exact
rational numbers as long as they stay small: `2^{2021}` becomes a number, `9^{9^{9^9}}` stays a power.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

MAX_BITS = 32_768
"""Numbers are kept exact up to this size: 1/2004! has 19,000 bits, a tower of powers does not fit."""

MAX_FACTORIAL = 2_500


@dataclass(frozen=True, slots=True)
class Node:
    """One node of an expression.

    Attributes:
        op: num, sym, add, mul, pow or fn.
        args: The operands.
        name: Of a symbol or a function.
        number: The value of a num.
    """

    op: str
    args: tuple[Node, ...] = ()
    name: str = ""
    number: Fraction = Fraction(0)


ZERO, ONE = Node("num"), Node("num", number=Fraction(1))
MINUS_ONE, HALF = Node("num", number=Fraction(-1)), Node("num", number=Fraction(1, 2))


def number(value: Fraction | int) -> Node:
    """An exact number."""
    return Node("num", number=Fraction(value))


def symbol(name: str) -> Node:
    """A variable or a named constant."""
    return Node("sym", name=name)


def add(terms: Iterable[Node]) -> Node:
    """A sum, flat, with its numbers added up."""
    flat: list[Node] = []
    total = Fraction(0)
    for term in terms:
        for part in term.args if term.op == "add" else (term,):
            if part.op == "num" and _small(part.number):
                total += part.number
            else:
                flat.append(part)
    if total or not flat:
        flat.append(number(total))
    return flat[0] if len(flat) == 1 else Node("add", tuple(flat))


def mul(factors: Iterable[Node]) -> Node:
    """A product, flat, with its numbers multiplied."""
    flat: list[Node] = []
    total = Fraction(1)
    for factor in factors:
        for part in factor.args if factor.op == "mul" else (factor,):
            if part.op == "num" and _small(part.number) and _small(total):
                total *= part.number
            else:
                flat.append(part)
    if not flat:
        return number(total)
    if total != 1:
        flat.insert(0, number(total))
    return flat[0] if len(flat) == 1 else Node("mul", tuple(flat))


def negative(node: Node) -> Node:
    """Its opposite."""
    return mul((MINUS_ONE, node))


def divide(numerator: Node, denominator: Node) -> Node:
    """A quotient."""
    return mul((numerator, power(denominator, MINUS_ONE)))


def power(base: Node, exponent: Node) -> Node:
    """A power; an exact number where base and exponent allow."""
    if exponent.op == "num":
        if exponent.number == 1:
            return base
        if base.op == "num":
            folded = _number_power(base.number, exponent.number)
            if folded is not None:
                return number(folded)
        if base.op == "pow" and base.args[1].op == "num" and exponent.number.denominator == 1:
            # (b^r)^n = b^(rn) holds for every integer n
            return power(base.args[0], number(base.args[1].number * exponent.number))
    return Node("pow", (base, exponent))


def root(radicand: Node, degree: Node) -> Node:
    """The degree-th root."""
    return power(radicand, power(degree, MINUS_ONE))


def call(name: str, *args: Node) -> Node:
    """A function of its arguments, folded where it is exact and small."""
    if name == "exp":
        return power(symbol("e"), args[0])
    if all(arg.op == "num" for arg in args):
        folded = _fold_call(name, tuple(arg.number for arg in args))
        if folded is not None:
            return number(folded)
    return Node("fn", args, name)


def symbols_of(node: Node) -> frozenset[str]:
    """The names of its symbols, constants included."""
    if node.op == "sym":
        return frozenset((node.name,))
    found: frozenset[str] = frozenset()
    for arg in node.args:
        found |= symbols_of(arg)
    return found


CONSTANTS = frozenset(("pi", "e", "i", "inf", "deg"))


def variables_of(node: Node) -> frozenset[str]:
    """The names of its symbols that are no constants."""
    return symbols_of(node) - CONSTANTS


def substitute(node: Node, old: str, new: Node) -> Node:
    """The same expression with a symbol replaced."""
    if node.op == "sym":
        return new if node.name == old else node
    if not node.args:
        return node
    args = [substitute(arg, old, new) for arg in node.args]
    if node.op == "fn":
        return call(node.name, *args)
    return power(args[0], args[1]) if node.op == "pow" else add(args) if node.op == "add" else mul(args)


def size_of(node: Node) -> int:
    """How many nodes it has."""
    return 1 + sum(size_of(arg) for arg in node.args)


def _small(value: Fraction) -> bool:
    return value.numerator.bit_length() + value.denominator.bit_length() <= 2 * MAX_BITS


def _number_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator == 1:
        times = exponent.numerator
        if base == 0:
            return base if times > 0 else None
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if (bits * abs(times) <= MAX_BITS) or abs(base) == 1:
            return Fraction(base) ** (times if abs(base) != 1 else times % 2)
        return None
    if exponent.denominator > 64 or not _small(base):
        return None
    return _exact_root(base, exponent)


def _exact_root(base: Fraction, exponent: Fraction) -> Fraction | None:
    """b^(p/q) where the q-th root is rational; odd roots of negative numbers are the real ones."""
    degree = exponent.denominator
    sign = 1
    if base < 0:
        if degree % 2 == 0:
            return None
        sign, base = -1, -base
    if max(base.numerator.bit_length(), base.denominator.bit_length()) > 4096:
        return None
    top, bottom = _integer_root(base.numerator, degree), _integer_root(base.denominator, degree)
    if top is None or bottom is None:
        return None
    return _number_power(Fraction(sign * top, bottom), Fraction(exponent.numerator))


def _integer_root(value: int, degree: int) -> int | None:
    if degree == 2:
        candidate = math.isqrt(value)
        return candidate if candidate * candidate == value else None
    if value < 2:
        return value
    low, high = 1, 1 << (value.bit_length() // degree + 1)
    while low <= high:
        middle = (low + high) // 2
        reached = middle**degree
        if reached == value:
            return middle
        low, high = (middle + 1, high) if reached < value else (low, middle - 1)
    return None


def _fold_call(name: str, args: tuple[Fraction, ...]) -> Fraction | None:
    value = args[0]
    if name == "factorial" and value.denominator == 1 and 0 <= value <= MAX_FACTORIAL:
        return Fraction(math.factorial(value.numerator))
    if name == "abs":
        return abs(value)
    if name == "floor":
        return Fraction(math.floor(value))
    if name == "ceil":
        return Fraction(math.ceil(value))
    if name in ("binom", "perm") and all(arg.denominator == 1 and 0 <= arg <= MAX_FACTORIAL for arg in args):
        count = math.comb if name == "binom" else math.perm
        return Fraction(count(args[0].numerator, args[1].numerator))
    if value == 0 and name in ("sin", "tan", "arcsin", "arctan", "sinh", "tanh"):
        return Fraction(0)
    if (value == 0 and name in ("cos", "cosh", "sec")) or (value == 1 and name in ("ln", "log", "lg")):
        return Fraction(name[0] not in "l")
    return None
