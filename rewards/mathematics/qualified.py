r"""Answers with a condition: families over the integers (`k\pi, k \in \mathbb{Z}`) and residues (`5 \pmod 7`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.context import Context
from genesys.rewards.mathematics.errors import NotMathError
from genesys.rewards.mathematics.grammar import parse_expression
from genesys.rewards.mathematics.outcome import Outcome
from genesys.rewards.mathematics.shapes import Assign, Family, Listing, Residue, Shape, Value
from genesys.rewards.mathematics.splitting import Tokens, split_at, unbraced, wrapped
from genesys.rewards.mathematics.tree import Node

Read = Callable[[Tokens], Shape]
Compare = Callable[[Shape, Shape], Outcome]
_MODULUS = frozenset(("pmod", "bmod", "mod"))
_SHIFTS = range(-4, 5)


def read_qualified(tokens: Tokens, read: Read) -> Shape | None:
    """A family or a residue, or None where there is no condition."""
    if any(token.text in _MODULUS for token in tokens):
        return _residue(tokens, read)
    if not any(token[:2] == ("rel", "in") for token in tokens):
        return None
    return _family(tokens, read)


def _residue(tokens: Tokens, read: Read) -> Shape | None:
    place = next(index for index, token in enumerate(tokens) if token.text in _MODULUS)
    value, modulus = tokens[:place], unbraced(tokens[place + 1 :])
    if value and value[-1].text == "(" and modulus and modulus[-1].text == ")":
        value, modulus = value[:-1], modulus[:-1]
    if not value or not modulus:
        raise NotMathError
    parts, _ = split_at(value, lambda token: token.kind == "rel" and token.text in ("equiv", "="))
    return Residue(read(parts[-1]), parse_expression(unbraced(modulus)))


def _family(tokens: Tokens, read: Read) -> Shape | None:
    """What stands before the condition, with the condition's letter and set."""
    if wrapped(tokens) and tokens[0].text == "\\{":
        parts, cuts = split_at(tokens[1:-1], lambda token: token.kind == "bar" or token[:2] == ("op", ":"))
        body, condition = (parts[0], parts[1]) if len(cuts) == 1 else ([], [])
    elif tokens[-1].text == ")" and (start := _opening(tokens)) > 0:
        body, condition = list(tokens[:start]), list(tokens[start + 1 : -1])
    else:
        parts, cuts = split_at(tokens, lambda token: token.kind == "sep")
        if not cuts:
            return None
        condition = parts[-1]
        body = list(tokens[: len(tokens) - len(condition) - 1])
    condition = [token for token in condition if token.kind != "word"]
    if not body or len(condition) != 3 or condition[0].kind != "sym" or condition[1].text != "in":
        return None
    if not condition[2].text.startswith("mathbb:"):
        return None
    if len(body) == 1 and body[0].text == condition[0].text:
        return None
    return Family(read(body), condition[0].text, condition[2].text)


def _opening(tokens: Tokens) -> int:
    """Where the bracket opens that the last token closes."""
    depth = 0
    for index in range(len(tokens) - 1, -1, -1):
        depth += (tokens[index].kind == "close") - (tokens[index].kind == "open")
        if depth == 0:
            return index
    return 0


def compare_residues(gold: Shape, answer: Shape, context: Context, compare: Compare) -> Outcome:
    """Two residues modulo the same number, or one beside a plain value."""
    if not isinstance(gold, Residue):
        return compare(gold, answer.value) if isinstance(answer, Residue) else Outcome.NO
    if not isinstance(answer, Residue):
        return compare(gold.value, answer)
    if not context.identity.equal(gold.modulus, answer.modulus):
        return Outcome.NO
    outcome = compare(gold.value, answer.value)
    one, other, modulus = _exact(gold.value), _exact(answer.value), gold.modulus
    if (
        outcome is Outcome.NO
        and one is not None
        and other is not None
        and modulus.op == "num"
        and modulus.number
    ):
        return Outcome.YES if (one.number - other.number) % modulus.number == 0 else Outcome.NO
    return outcome


def _exact(shape: Shape) -> Node | None:
    return shape.node if isinstance(shape, Value) and shape.node.op == "num" else None


def compare_families(gold: Shape, answer: Shape, context: Context, compare: Compare) -> Outcome:
    """Two families, or one beside an answer that leaves the condition out."""
    if not isinstance(gold, Family):
        return compare(gold, answer.shape) if isinstance(answer, Family) else Outcome.NO
    if not isinstance(answer, Family):
        return compare(gold.shape, answer)
    if gold.domain != answer.domain:
        return Outcome.NO
    renamed = _renamed(answer.shape, answer.parameter, tree.symbol(gold.parameter))
    outcome = compare(gold.shape, renamed)
    if outcome is not Outcome.NO:
        return outcome
    return _same_progression(gold, renamed, context)


def _renamed(shape: Shape, old: str, new: Node) -> Shape:
    """The shape with a letter replaced."""
    if isinstance(shape, Value):
        return replace(shape, node=tree.substitute(shape.node, old, new))
    if isinstance(shape, Assign):
        return replace(shape, value=_renamed(shape.value, old, new))
    if isinstance(shape, Listing):
        return replace(shape, items=tuple(_renamed(item, old, new) for item in shape.items))
    return shape


def _same_progression(gold: Family, answer: Shape, context: Context) -> Outcome:
    r"""`\frac{\pi}{4}+k\pi` and `k\pi-\frac{3\pi}{4}`: equal steps, and starts some steps apart."""
    one, other = (
        _progression(gold.shape, gold.parameter, context),
        _progression(answer, gold.parameter, context),
    )
    if one is None or other is None:
        return Outcome.JUDGE
    equal = context.identity.equal
    if gold.domain != "mathbb:Z":
        return Outcome.NO
    if not (equal(one[1], other[1]) or equal(one[1], tree.negative(other[1]))):
        return Outcome.NO
    shifted = (tree.add((one[0], tree.mul((tree.number(shift), one[1])))) for shift in _SHIFTS)
    return Outcome.YES if any(equal(start, other[0]) for start in shifted) else Outcome.NO


def _progression(shape: Shape, parameter: str, context: Context) -> tuple[Node, Node] | None:
    """Start and step of an expression that is linear in its parameter."""
    if isinstance(shape, Assign):
        shape = shape.value
    if not isinstance(shape, Value):
        return None
    at = [tree.substitute(shape.node, parameter, tree.number(value)) for value in (0, 1, 2)]
    step = tree.add((at[1], tree.negative(at[0])))
    further = tree.add((at[2], tree.negative(at[1])))
    return (at[0], step) if context.identity.equal(step, further) else None
