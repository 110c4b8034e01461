r"""Generator `arithmetic`: evaluate an expression of integers and fractions.

    level 0   Compute $38 - 57$.
    level 1   three integers, two operations
    level 2   two fractions
    level 3   four numbers, integers and fractions
    level 4   six numbers

The solution reduces one operation a line and ends in the box. Ground truths are integers or fractions in
lowest terms: "-19", "\frac{7}{12}".
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from random import Random
from typing import NamedTuple

from genesys.envs.sources.generated import Draft, Generator
from genesys.envs.sources.latex import digits, number


class Binary(NamedTuple):
    """An operation on two expressions."""

    operator: str
    left: Expression
    right: Expression


class Leaf(NamedTuple):
    """A number, and how it is written."""

    value: Fraction
    text: str


Expression = Binary | Leaf

_RANK = {"+": 1, "-": 1, r"\cdot": 2, r"\div": 2}

_WHOLE, _FRACTION = (59,), (19, 19)
_PLAN: tuple[tuple[tuple[int, ...], ...], ...] = (
    (),  # level 0 is spelled out in `_level0`
    (_WHOLE, _WHOLE, _WHOLE),
    (_FRACTION, _FRACTION),
    (_WHOLE, _FRACTION, _WHOLE),
    (_WHOLE, _FRACTION, _WHOLE, _WHOLE),
)
"""Level -> the radices of the numbers that its code spells."""

_EXTRA = (0, 0, 0, 1, 2)
"""Level -> further numbers that the random generator draws."""

_LEVEL0 = (2, 99, 99)


def _build(level: int, code: int, rng: Random) -> Draft:
    expression = _level0(code) if level == 0 else _compose(level, code, rng)
    lines = [f"${line}$" for line in _reductions(expression)]
    answer = lines[-1].strip("$").removeprefix("= ")
    solution = "\n".join([*lines, f"The answer is $\\boxed{{{answer}}}$."])
    return Draft(prompt=f"Compute ${render(expression)}$.", ground_truth=answer, solution=solution)


def _level0(code: int) -> Expression:
    operator, left, right = digits(code, _LEVEL0)
    return Binary("+-"[operator], _whole(left + 1), _whole(right + 1))


def _compose(level: int, code: int, rng: Random) -> Expression:
    plan = _PLAN[level]
    spelled = iter(digits(code, [radix for radices in plan for radix in radices]))
    nodes: list[Expression] = []
    for radices in plan:
        nodes.append(
            _whole(next(spelled) + 2) if radices == _WHOLE else _fraction(next(spelled), next(spelled))
        )
    for _ in range(_EXTRA[level]):
        nodes.append(_whole(rng.randrange(2, 31)) if rng.random() < 0.5 else _fraction(*_two(rng)))
    while len(nodes) > 1:
        at = rng.randrange(len(nodes) - 1)
        nodes[at : at + 2] = [Binary(_operator(rng, nodes[at + 1]), nodes[at], nodes[at + 1])]
    return nodes[0]


def _two(rng: Random) -> tuple[int, int]:
    return rng.randrange(9), rng.randrange(9)


def _whole(value: int) -> Leaf:
    return Leaf(Fraction(value), str(value))


def _fraction(above: int, below: int) -> Leaf:
    above, below = above + 1, below + 2
    return Leaf(Fraction(above, below), rf"\frac{{{above}}}{{{below}}}")


def _operator(rng: Random, right: Expression) -> str:
    operator = rng.choice(["+", "-", r"\cdot", r"\cdot", r"\div"])
    return "+" if operator == r"\div" and evaluate(right) == 0 else operator


def evaluate(expression: Expression) -> Fraction:
    """The exact value."""
    if isinstance(expression, Leaf):
        return expression.value
    left, right = evaluate(expression.left), evaluate(expression.right)
    match expression.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case r"\cdot":
            return left * right
        case _:
            return left / right


def render(expression: Expression, least: int = 0, first: bool = True) -> str:
    """LaTeX with the parentheses that precedence asks for.

    Args:
        expression: What to write.
        least: The rank of operators that needs no parentheses here.
        first: Whether it stands first, where a negative number needs none either.
    """
    if isinstance(expression, Leaf):
        return expression.text if first or not expression.text.startswith("-") else f"({expression.text})"
    rank = _RANK[expression.operator]
    inside = rank < least
    left = render(expression.left, rank, first or inside)
    right = render(expression.right, rank + 1, first=False)
    text = f"{left} {expression.operator} {right}"
    return f"({text})" if inside else text


def _reductions(expression: Expression) -> list[str]:
    """The expression, and what it becomes when one operation after the other is carried out."""
    lines = [render(expression)]
    while isinstance(expression, Binary):
        expression = _reduced(expression)
        lines.append(f"= {render(expression)}")
    return lines


def _reduced(expression: Binary) -> Expression:
    if isinstance(expression.left, Binary):
        return expression._replace(left=_reduced(expression.left))
    if isinstance(expression.right, Binary):
        return expression._replace(right=_reduced(expression.right))
    value = evaluate(expression)
    return Leaf(value, number(value))


GENERATOR = Generator(
    name="arithmetic",
    version="1",
    task_type="verifiable_math",
    spaces=(prod(_LEVEL0), *[prod(radix for radices in plan for radix in radices) for plan in _PLAN[1:]]),
    build=_build,
)
