r"""Generator `algebra`: solve an equation.

level 0   $3x + 5 = 20$, an integer solution
level 1   $3x + 5 = -2x + 11$, a rational solution
level 2   two linear equations in two unknowns, an ordered pair of integers
level 3   a quadratic with rational roots, the larger one
level 4   a quadratic with irrational roots, the larger one: "\frac{3 + 2\sqrt{5}}{4}"
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, isqrt, prod
from random import Random

from genesys.envs.sources.generated import Draft, Generator
from genesys.envs.sources.latex import digits, number, sum_of

_NON_SQUARES = tuple(value for value in range(2, 201) if isqrt(value) ** 2 != value)

_FACTORS = tuple((p, rest) for p in range(2, 7) for rest in range(1, p))

_RADICES = (
    (11, 61, 41),  # factor, constant, solution
    (24, 23, 61, 61),  # factors left and right, constants left and right
    (24, 24, 21, 21),  # factors of the first equation, the solution
    (len(_FACTORS), 40, 81),  # px + q and an integer root
    (6, 31, len(_NON_SQUARES)),  # (ax - p)^2 = k
)
"""Level -> the radices of its code."""


def _build(level: int, code: int, rng: Random) -> Draft:
    return (_integer, _rational, _pair, _factored, _surd)[level](digits(code, _RADICES[level]), rng)


def _draft(prompt: str, answer: str, *steps: str) -> Draft:
    solution = "\n".join([*dict.fromkeys(steps), f"The answer is $\\boxed{{{answer}}}$."])
    return Draft(prompt=prompt, ground_truth=answer, solution=solution)


def _integer(code: list[int], rng: Random) -> Draft:
    factor, constant, solution = code[0] + 2, code[1] - 30, code[2] - 20
    left, total = sum_of([(factor, "x"), (constant, "")]), factor * solution + constant
    return _draft(
        f"Solve ${left} = {total}$ for $x$.",
        str(solution),
        f"${factor}x = {total - constant}$",
        f"$x = {solution}$",
    )


def _rational(code: list[int], rng: Random) -> Draft:
    left = _nonzero(code[0], 12)
    right = _nonzero(code[1] + (code[1] >= code[0]), 12)  # one of the 23 factors that differ from left
    first, second = code[2] - 30, code[3] - 30
    solution = Fraction(second - first, left - right)
    return _draft(
        f"Solve ${sum_of([(left, 'x'), (first, '')])} = {sum_of([(right, 'x'), (second, '')])}$ for $x$.",
        number(solution),
        f"${sum_of([(left - right, 'x')])} = {second - first}$",
        f"$x = {number(solution)}$",
    )


def _pair(code: list[int], rng: Random) -> Draft:
    a, b, x, y = _nonzero(code[0], 12), _nonzero(code[1], 12), code[2] - 10, code[3] - 10
    while True:
        c, d = _nonzero(rng.randrange(24), 12), _nonzero(rng.randrange(24), 12)
        if (det := a * d - b * c) != 0:
            break
    first, second = a * x + b * y, c * x + d * y
    return _draft(
        f"Solve the system ${sum_of([(a, 'x'), (b, 'y')])} = {first}$ and "
        f"${sum_of([(c, 'x'), (d, 'y')])} = {second}$. Give the ordered pair $(x, y)$.",
        f"({x}, {y})",
        f"By Cramer's rule the determinant is ${a} \\cdot {_signed(d)} - {_signed(b)} \\cdot {_signed(c)} = {det}$.",
        f"$x = \\frac{{{first * d - b * second}}}{{{det}}} = {x}$",
        f"$y = \\frac{{{a * second - first * c}}}{{{det}}} = {y}$",
    )


def _factored(code: list[int], rng: Random) -> Draft:
    (p, rest), whole, root = _FACTORS[code[0]], code[1] - 20, code[2] - 40
    q = p * whole + rest  # no multiple of p: one root is an integer and one is not
    equation = sum_of([(p, "x^2"), (q - p * root, "x"), (-q * root, "")])
    return _draft(
        f"What is the larger of the two roots of ${equation} = 0$?",
        number(max(Fraction(-q, p), Fraction(root))),
        f"$({sum_of([(1, 'x'), (-root, '')])})({sum_of([(p, 'x'), (q, '')])}) = 0$",
        f"The roots are ${root}$ and ${number(Fraction(-q, p))}$.",
    )


def _surd(code: list[int], rng: Random) -> Draft:
    a, p, k = code[0] + 1, code[1] - 15, _NON_SQUARES[code[2]]
    equation = sum_of([(a * a, "x^2"), (-2 * a * p, "x"), (p * p - k, "")])
    return _draft(
        f"What is the larger of the two roots of ${equation} = 0$? Simplify the radical.",
        _larger_root(a, p, k),
        f"$({sum_of([(a, 'x'), (-p, '')])})^2 = {k}$",
        f"${sum_of([(a, 'x')])} = {p} \\pm \\sqrt{{{k}}}$",
    )


def _larger_root(a: int, p: int, k: int) -> str:
    """(p + sqrt(k)) / a in lowest terms."""
    outside = max(root for root in range(1, isqrt(k) + 1) if k % (root * root) == 0)
    common = gcd(a, p, outside)
    a, p, outside, inside = a // common, p // common, outside // common, k // outside**2
    surd = sum_of([(p, ""), (outside, f"\\sqrt{{{inside}}}")])
    return surd if a == 1 else rf"\frac{{{surd}}}{{{a}}}"


def _nonzero(digit: int, most: int) -> int:
    """The digits from 0 to 2 * most - 1 as the integers from -most to most without 0."""
    return digit - most if digit < most else digit - most + 1


def _signed(value: int) -> str:
    return f"({value})" if value < 0 else str(value)


GENERATOR = Generator(
    name="algebra",
    version="1",
    task_type="verifiable_math",
    spaces=tuple(prod(radices) for radices in _RADICES),
    build=_build,
)
