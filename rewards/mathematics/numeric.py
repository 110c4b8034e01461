r"""Numeric identity at high precision: the slow tier, in the worker only.

Two expressions are equal if they agree at 60 and 120 digits, for constants once, for expressions with variables
at every point where both are defined. Points are real first, because `\ln x^2` and `2\ln x` are the same
to a person; the complex plane decides where no real point does. Sizes are checked before a function is
called: nothing here takes long, whatever was written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import mpmath  # type: ignore[import-untyped]  # it ships no type information
from mpmath import mp

from genesys.rewards.mathematics.errors import TooComplexError
from genesys.rewards.mathematics.tree import Node, size_of, variables_of

DIGITS = 60
_COARSE, _NOISE, _SHRINKS = mpmath.mpf("1e-20"), mpmath.mpf("1e-60"), mpmath.mpf("1e-30")
_TOLERANCE = mpmath.mpf("1e-40")
_MAX_LOG2 = 1_000_000
_MAX_ANGLE = {"sin": 10**12, "cos": 10**12, "tan": 10**12, "cot": 10**12, "sec": 10**12, "csc": 10**12}
_MAX_HYPERBOLIC = 10**5
_MAX_NODES = 2_000
_LIMITS = {"pi": lambda: mp.pi, "e": lambda: mp.e, "deg": lambda: mp.pi / 180}


class NoValueError(ArithmeticError):
    """The expression has no value at a point, or none of the asked kind."""


def identical(left: Node, right: Node) -> bool | None:
    """Whether two expressions are equal; None where no point decides.

    Raises:
        TooComplexError: If evaluating them costs too much.
    """
    if size_of(left) + size_of(right) > _MAX_NODES:
        raise TooComplexError
    names = sorted(variables_of(left) | variables_of(right))
    with mp.workdps(DIGITS):
        if not names:
            return _agree_once(left, right)
        return _agree_everywhere(left, right, names)


def proportional(left: Node, right: Node, *, positive: bool = False) -> bool | None:
    """Whether one is a constant multiple of the other, other than zero; None where no point decides.

    Args:
        left: An expression.
        right: Another.
        positive: Whether the factor must be positive, as between the sides of an inequality.
    """
    if size_of(left) + size_of(right) > _MAX_NODES:
        raise TooComplexError
    names = sorted(variables_of(left) | variables_of(right))
    ratios: list[Any] = []
    with mp.workdps(DIGITS):
        for point in _points(names):
            try:
                top = _Evaluator(point, real=True).value(left)
                bottom = _Evaluator(point, real=True).value(right)
                ratios.append(top / bottom)
            except (NoValueError, ZeroDivisionError):
                continue
            if ratios[-1] == 0 or abs(ratios[-1] - ratios[0]) > _TOLERANCE * abs(ratios[0]):
                return False
    if len(ratios) < 3:
        return None
    return bool(ratios[0] > 0) if positive else True


def value_of(node: Node) -> Any | None:
    """The real value of a constant as an mpf of 60 digits, or None where it has none."""
    with mp.workdps(DIGITS):
        try:
            return _Evaluator({}, real=True).value(node)
        except NoValueError:
            return None


def _agree_once(left: Node, right: Node) -> bool | None:
    for real in (True, False):
        try:
            return _agree(left, right, {}, real)
        except NoValueError:
            continue
    return None


def _agree_everywhere(left: Node, right: Node, names: list[str]) -> bool | None:
    for points, real in ((_points(names), True), (_integer_points(names), True), (_points(names), False)):
        agreed = 0
        for point in points:
            try:
                if not _agree(left, right, point, real):
                    return False
                agreed += 1
            except NoValueError:
                continue
        if agreed >= 3:
            return True
    return None


def _agree(left: Node, right: Node, point: Mapping[str, Any], real: bool) -> bool:
    """Whether the difference vanishes as the precision grows, which no fixed tolerance can tell.

    Rounding noise shrinks with the precision, a true difference stays, however small beside its terms.
    """
    difference, largest, scale = _difference(left, right, point, real)
    if difference > _COARSE * largest and difference > scale * _NOISE:
        return False
    noise = max(difference, largest * mpmath.mpf(10) ** -DIGITS)
    with mp.workdps(2 * DIGITS):
        finer, _, _ = _difference(left, right, point, real)
    return bool(finer <= noise * _SHRINKS)


def _difference(left: Node, right: Node, point: Mapping[str, Any], real: bool) -> tuple[Any, Any, Any]:
    """The difference's magnitude, the larger side's, and the largest that entered."""
    evaluator = _Evaluator(point, real)
    one, other = evaluator.value(left), evaluator.value(right)
    return abs(one - other), max(abs(one), abs(other)), evaluator.scale


def _points(names: list[str]) -> Iterator[dict[str, Any]]:
    """Ten fixed points: inside (0, 1), above 1, large, and of mixed signs."""
    draw = random.Random("genesys")
    for low, high, signed in ((0.1, 0.9, 0), (1, 3, 0), (0.2, 3, 0), (4, 9, 0), (11, 17, 0)) + (
        (0.2, 3, 1),
    ) * 5:
        yield {
            name: mpmath.mpf(draw.uniform(low, high)) * (draw.choice((1, -1)) if signed else 1)
            for name in names
        }


def _integer_points(names: list[str]) -> Iterator[dict[str, Any]]:
    """Natural numbers, for what is defined on them alone, such as `(-1)^n`."""
    draw = random.Random("naturals")
    for start in (1, 2, 3, 4, 7, 10):
        yield {name: mpmath.mpf(start + draw.randrange(3)) for name in names}


class _Evaluator:
    """Evaluates at one point; `scale` is the largest magnitude that entered a sum."""

    def __init__(self, point: Mapping[str, Any], real: bool) -> None:
        self.point = point
        self.real = real
        self.scale = mpmath.mpf(0)

    def value(self, node: Node) -> Any:
        result = self.finite(self.compute(node))
        self.scale = max(self.scale, abs(result))
        return result

    def finite(self, value: Any) -> Any:
        if not mp.isfinite(value):
            raise NoValueError
        if isinstance(value, mpmath.mpc):
            if value.imag == 0:
                return value.real
            if self.real:
                raise NoValueError
        return value

    def compute(self, node: Node) -> Any:
        if node.op == "num":
            return mpmath.mpf(node.number.numerator) / node.number.denominator
        if node.op == "sym":
            return self.symbol(node.name)
        if node.op == "pow":
            return self.power(node)
        values = [self.value(arg) for arg in node.args]
        if node.op == "add":
            return sum(values[1:], values[0])
        if node.op == "mul":
            product = values[0]
            for value in values[1:]:
                product *= value
            return product
        return self.call(node.name, values)

    def symbol(self, name: str) -> Any:
        if name in _LIMITS:
            return +_LIMITS[name]()
        if name == "i":
            return mpmath.mpc(0, 1)
        if name == "inf":
            raise NoValueError
        return self.point[name]

    def power(self, node: Node) -> Any:
        base, exponent = self.value(node.args[0]), self.value(node.args[1])
        if base == 0:
            if isinstance(exponent, mpmath.mpc) or exponent <= 0:
                raise NoValueError
            return base
        if abs(exponent) * (abs(mp.log(abs(base), 2)) + 1) > _MAX_LOG2:
            raise TooComplexError
        written = node.args[1]
        odd = written.op == "num" and written.number.denominator % 2 == 1
        if odd and not isinstance(base, mpmath.mpc) and base < 0:  # the real root, as `\sqrt[3]{-8}` means
            sign = -1 if written.number.numerator % 2 else 1
            return sign * mp.power(-base, exponent)
        return mp.power(base, exponent)

    def call(self, name: str, values: list[Any]) -> Any:
        if name not in _CALLS:
            raise NoValueError
        if name[-1] == "h" and abs(values[0]) > _MAX_HYPERBOLIC:
            raise TooComplexError
        if abs(values[0]) > _MAX_ANGLE.get(name, mp.inf):
            raise TooComplexError
        try:
            return _CALLS[name](*values)
        except (ValueError, ZeroDivisionError, TypeError):
            raise NoValueError from None


def _factorial(value: Any) -> Any:
    if isinstance(value, mpmath.mpc) or value < 0 or value > 10**5:
        raise NoValueError if isinstance(value, mpmath.mpc) or value < 0 else TooComplexError
    return mp.gamma(value + 1)


def _ordered(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def of_real(value: Any) -> Any:
        if isinstance(value, mpmath.mpc):
            raise NoValueError
        return function(value)

    return of_real


_CALLS: dict[str, Callable[..., Any]] = {
    "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "cot": mp.cot, "sec": mp.sec, "csc": mp.csc,
    "arcsin": mp.asin, "arccos": mp.acos, "arctan": mp.atan, "arccot": mp.acot, "arcsec": mp.asec,
    "arccsc": mp.acsc, "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "coth": mp.coth,
    "sech": mp.sech, "csch": mp.csch, "arcsinh": mp.asinh, "arccosh": mp.acosh, "arctanh": mp.atanh,
    "ln": mp.log, "abs": abs, "floor": _ordered(mp.floor), "ceil": _ordered(mp.ceil),
    "sgn": _ordered(mp.sign), "factorial": _factorial,
    "binom": lambda n, k: _factorial(n) / _factorial(k) / _factorial(n - k),
    "perm": lambda n, k: _factorial(n) / _factorial(n - k),
}  # fmt: skip
