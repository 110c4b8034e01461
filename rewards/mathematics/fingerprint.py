r"""Equality of expressions by evaluation in a finite field: exact, fast, without computer algebra.

An expression is mapped to the field F_p[i] with p = 3 mod 4 of about 61 bits. Rational numbers map to
themselves, `i` to i, the square root of a prime to its root in the field, and pi, e and every variable to a
pseudo-random element. The map respects +, -, *, / and integer powers, hence

* equal expressions have equal images;
* where nothing but those operations and square roots of rationals occurs, different images prove that the
  expressions differ (pi and e are transcendental, variables are free);
* expressions that differ have equal images with a probability of about 2^-60. The prime and the points
  depend on both texts, so that no fixed multiple of a prime can be added to an answer unnoticed.

Functions, roots of higher degree and symbolic powers map to an element that depends on the image of their
arguments: `\sin(2t)` equals `\sin(t+t)`, while different images prove nothing, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import blake2b
from typing import NamedTuple

from genesys.rewards.mathematics.tree import CONSTANTS, Node

_PRIMES = tuple(
    2**61 - offset
    for offset in (
        1, 45, 229, 465, 829, 985, 1153, 1281, 1425, 1489, 1525, 1533, 1609, 1621, 1669, 1741, 1753, 1813,
        1845, 1849, 1869, 1909, 1921, 1945, 2133, 2185, 2373, 2385, 2401, 2605, 2665, 3045,
    )
)  # fmt: skip
"""The 32 largest primes below 2^61 that are 3 mod 4, so that -1 has no root and F_p[i] is a field."""

_MAX_RADICAND_BITS = 256
_TRIAL_PRIMES = tuple(n for n in range(2, 1000) if all(n % d for d in range(2, int(n**0.5) + 1)))


class UndefinedError(ArithmeticError):
    """A division by zero."""


class Image(NamedTuple):
    """An element `re + im i` of the field.

    Attributes:
        re: Real part.
        im: Imaginary part.
        certain: Whether a different image proves a different value.
    """

    re: int
    im: int
    certain: bool


@dataclass
class Field:
    """One field with its points, and the images it has computed.

    Attributes:
        prime: Its characteristic.
        seed: What the points depend on.
        salt: Moves the variables and nothing else: another point of the same field.
    """

    prime: int
    seed: bytes
    salt: bytes = b""
    _images: dict[Node, Image] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, *texts: str) -> Field:
        """The field that belongs to some texts."""
        seed = blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=16).digest()
        return cls(_PRIMES[seed[0] % len(_PRIMES)], seed)

    def image(self, node: Node) -> Image:
        """The image of an expression.

        Raises:
            UndefinedError: If it divides by zero.
        """
        known = self._images.get(node)
        if known is None:
            known = self._images[node] = self._compute(node)
        return known

    def ratio(self, left: Node, right: Node) -> Image:
        """The image of a quotient."""
        return self._times(self.image(left), self._power(self.image(right), -1))

    def _compute(self, node: Node) -> Image:
        if node.op == "num":
            return Image(self._rational(node.number), 0, True)
        if node.op == "sym":
            return self._symbol(node.name)
        if node.op == "pow":
            return self._power_of(node.args[0], node.args[1])
        if node.op == "fn":
            return self._call(node)
        images = [self.image(arg) for arg in node.args]
        result = images[0]
        for image in images[1:]:
            result = self._plus(result, image) if node.op == "add" else self._times(result, image)
        return result

    def _rational(self, value: Fraction) -> int:
        if value.denominator == 1:
            return value.numerator % self.prime
        return value.numerator * pow(value.denominator, -1, self.prime) % self.prime

    def _random(self, *parts: object) -> int:
        text = repr(parts).encode()
        return int.from_bytes(blake2b(text, key=self.seed, digest_size=16).digest(), "big") % self.prime

    def _symbol(self, name: str) -> Image:
        if name == "i":
            return Image(0, 1, True)
        if name == "deg":
            return Image(self._random("pi") * pow(180, -1, self.prime) % self.prime, 0, True)
        if name in CONSTANTS:
            return Image(self._random(name), 0, True)
        return Image(self._random(name, self.salt), 0, True)

    def _plus(self, left: Image, right: Image) -> Image:
        p = self.prime
        return Image((left.re + right.re) % p, (left.im + right.im) % p, left.certain and right.certain)

    def _times(self, left: Image, right: Image) -> Image:
        p = self.prime
        certain = left.certain and right.certain
        if not left.im and not right.im:
            return Image(left.re * right.re % p, 0, certain)
        re = (left.re * right.re - left.im * right.im) % p
        return Image(re, (left.re * right.im + left.im * right.re) % p, certain)

    def _power(self, base: Image, exponent: int) -> Image:
        p = self.prime
        if not base.re and not base.im:
            if exponent <= 0:
                raise UndefinedError
            return base
        if not base.im:
            return Image(pow(base.re, exponent, p), 0, base.certain)
        if exponent < 0:
            norm = pow(base.re * base.re + base.im * base.im, -1, p)
            base = Image(base.re * norm % p, -base.im * norm % p, base.certain)
        exponent = abs(exponent) % (p * p - 1)
        result = Image(1, 0, base.certain)
        while exponent:
            if exponent & 1:
                result = self._times(result, base)
            base = self._times(base, base)
            exponent >>= 1
        return result

    def _power_of(self, base: Node, exponent: Node) -> Image:
        if exponent.op != "num":
            return self._symbolic_power(base, exponent)
        value = exponent.number
        if value.denominator == 1:
            return self._power(self.image(base), value.numerator)
        if base.op == "num" and base.number and value.denominator <= 64:
            return self._rational_root(base.number, value)
        whole, part = divmod(value, 1)
        image = self.image(base)
        opaque = Image(self._random("root", image.re, image.im, value.denominator), 0, False)
        raised = self._power(opaque, part.numerator)
        return self._times(raised, self._power(image, int(whole))) if whole else raised

    def _symbolic_power(self, base: Node, exponent: Node) -> Image:
        """b^(n + rest) = b^n * b^rest, and the rest is an element of its own."""
        parts = exponent.args if exponent.op == "add" else (exponent,)
        result = Image(1, 0, False)
        for part in parts:
            if part.op == "num" and part.number.denominator == 1:
                result = self._times(result, self._power(self.image(base), part.number.numerator))
                continue
            sign, body = 1, part
            if part.op == "mul" and part.args[0].op == "num" and part.args[0].number < 0:
                sign, body = -1, Node("mul", (Node("num", number=-part.args[0].number), *part.args[1:]))
            raised, lowered = self.image(body), self.image(base)
            opaque = self._random("power", lowered.re, lowered.im, raised.re, raised.im)
            result = self._times(result, Image(pow(opaque, sign, self.prime), 0, False))
        return result

    def _rational_root(self, base: Fraction, exponent: Fraction) -> Image:
        """b^(p/q) as a product over the primes of b."""
        result = Image(1, 0, True)
        if base < 0:
            if exponent.denominator != 2:
                return Image(self._random("root", str(base), str(exponent)), 0, False)
            result = self._power(Image(0, 1, True), exponent.numerator)
        for sign, value in ((1, abs(base.numerator)), (-1, base.denominator)):
            if value.bit_length() > _MAX_RADICAND_BITS:
                return Image(self._random("root", str(base), str(exponent)), 0, False)
            for factor, times, prime in _factors(value):
                power = Fraction(exponent * times * sign)
                image = self._prime_root(factor, power, prime)
                result = self._times(result, image)
        return result

    def _prime_root(self, factor: int, power: Fraction, is_prime: bool) -> Image:
        whole, part = divmod(power, 1)
        result = self._power(Image(factor % self.prime, 0, True), int(whole))
        if not part:
            return result
        if part.denominator == 2:
            return self._times(result, self._square_root(factor)._replace(certain=is_prime))
        opaque = Image(self._random("surd", factor, part.denominator), 0, False)
        return self._times(result, self._power(opaque, part.numerator))

    def _square_root(self, value: int) -> Image:
        p = self.prime
        root = pow(value, (p + 1) // 4, p)
        if root * root % p == value % p:
            return Image(root, 0, True)
        return Image(0, pow(-value, (p + 1) // 4, p), True)

    def _call(self, node: Node) -> Image:
        argument = node.args[0]
        if node.name == "ln" and argument.op == "num" and argument.number > 0:
            return self._logarithm(argument.number)
        images = [self.image(arg)[:2] for arg in node.args]
        return Image(self._random("call", node.name, images), 0, False)

    def _logarithm(self, value: Fraction) -> Image:
        """The logarithm of a rational as a sum over its primes."""
        total = 0
        for sign, part in ((1, value.numerator), (-1, value.denominator)):
            if part.bit_length() > _MAX_RADICAND_BITS:
                return Image(self._random("ln", str(value)), 0, False)
            total += sum(sign * times * self._random("ln", factor) for factor, times, _ in _factors(part))
        return Image(total % self.prime, 0, False)


def _factors(value: int) -> list[tuple[int, int, bool]]:
    """Factors with their multiplicity, by trial division; the last may be no prime and says so."""
    found = []
    for prime in _TRIAL_PRIMES:
        if prime * prime > value:
            break
        times = 0
        while value % prime == 0:
            value //= prime
            times += 1
        if times:
            found.append((prime, times, True))
    if value > 1:
        found.append((value, 1, value < _TRIAL_PRIMES[-1] ** 2))
    return found


def same(one: Image, other: Image) -> bool:
    """Whether two images are equal."""
    return one.re == other.re and one.im == other.im
