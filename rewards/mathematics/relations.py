r"""Reading relations: names (`k=1`), equations, inequalities, membership, chains of equalities."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.brackets import (
    INFINITY,
    MINUS_INFINITY,
    pieces_of,
    without_points,
)
from genesys.rewards.mathematics.errors import NotMathError
from genesys.rewards.mathematics.grammar import parse_expression
from genesys.rewards.mathematics.shapes import Assign, Chain, Piece, RealSet, Relation, Shape, Value
from genesys.rewards.mathematics.splitting import Tokens, split_at, unbraced
from genesys.rewards.mathematics.tokens import Token
from genesys.rewards.mathematics.tree import Node

Read = Callable[[Tokens], Shape]
_ORDER = frozenset(("<", "<=", ">", ">="))
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!=", "=": "="}


def read_relation(tokens: Tokens, read_core: Read, read_several: Read) -> Shape | None:
    """What relation signs at the top level make of an item; None where there are none."""
    parts, cuts = split_at(tokens, lambda token: token.kind == "rel")
    if not cuts:
        return None
    signs = [cut.text for cut in cuts]
    if not parts[0] and signs[0] in ("~", "="):
        return read_core(parts[1]) if len(parts) == 2 else None
    parts, signs = _without_approximations(parts, signs)
    if not all(parts):
        raise NotMathError
    if not signs:
        return read_core(parts[0])
    if set(signs) <= {"=", "~"}:
        return _equalities(parts, read_core)
    if signs == ["in"]:
        return _assign(parts[0], read_several(parts[1]))
    if set(signs) <= _ORDER | {"!="}:
        return _inequality(parts, signs)
    if signs == ["equiv"]:
        return Relation(parse_expression(parts[0]), parse_expression(parts[1]), "equiv")
    raise NotMathError


def _without_approximations(
    parts: list[list[Token]], signs: list[str]
) -> tuple[list[list[Token]], list[str]]:
    r"""`x = 1/3 \approx 0.33` says `x = 1/3`; in `x \approx 11` the approximation is all there is."""
    if "~" in signs and signs.index("~") > 0:
        cut = signs.index("~")
        return parts[: cut + 1], signs[:cut]
    if signs[0] == "~" and not _is_name(parts[0]):
        return parts[:1], []
    return parts, signs


def _equalities(parts: list[list[Token]], read_core: Read) -> Shape:
    if len(parts) > 2:
        kept = parts if not _names(parts[0]) else parts[1:]
        return Chain(tuple(read_core(part) for part in kept))
    left, right = parts
    if _is_name(left):
        return _assign(left, read_core(right))
    if _is_name(right) and not _names_value(left):
        return _assign(right, read_core(left))
    return Relation(parse_expression(left), parse_expression(right), "=")


def _assign(left: Tokens, value: Shape) -> Assign:
    left = unbraced(left)
    name = "".join(token.text for token in left)
    symbol = parameter = None
    try:
        node = parse_expression(left)
        symbol = node.name if node.op == "sym" else None
        if node.op == "fn" and node.args[0].op == "sym":
            parameter = node.args[0].name
    except NotMathError:
        pass
    if parameter is None and len(left) == 4 and left[1].text == "(" and left[2].kind == "sym":
        parameter = left[2].text
    return Assign(name, value, symbol, parameter)


def _is_name(tokens: Tokens) -> bool:
    r"""Whether the tokens name something: `x`, `S_n`, `f(x)`, `V_1:V_2`, `\angle ABC`, `(x,y)`."""
    depth, seen, subscript = 0, False, False
    for index, token in enumerate(tokens):
        if token.kind == "open":
            depth += 1
            if token.text == "\\{" and index == 0:
                return False
        elif token.kind == "close":
            depth -= 1
        elif token.kind in ("sym", "word"):
            if token.kind == "word" and not (token.roman or token.text.isupper() or len(token.text) > 3):
                return False
            if seen and depth == 0 and token.kind == "sym" and not _joins(tokens, index):
                return False
            seen = True
        elif token.kind == "num":
            if not subscript and depth == 0:
                return False
        elif not (token.kind in ("sep", "bar") or token.text in ("_", "'", ":", "vec", "overline", "hat", "frac", "dots")):
            if not (depth and seen and token.kind == "op"):
                return False
        subscript = token.text == "_" or (subscript and token.kind == "open")
    return seen


def _joins(tokens: Tokens, index: int) -> bool:
    """Whether a second symbol belongs to the name: after a colon, a subscript sign or an angle sign."""
    before = tokens[index - 1].text
    return before in (":", "_", "angle", "triangle", "vec", "overline", "|", ",") or tokens[0].text in (
        "angle",
        "triangle",
    )


def _names(tokens: Tokens) -> bool:
    """Whether the first part of a chain is what the others are the value of."""
    if _is_name(tokens):
        return True
    try:
        return bool(tree.variables_of(parse_expression(tokens)))
    except NotMathError:
        return True


def _names_value(tokens: Tokens) -> bool:
    try:
        return bool(tree.variables_of(parse_expression(tokens)))
    except NotMathError:
        return False


def _inequality(parts: list[list[Token]], signs: list[str]) -> Shape:
    nodes = [parse_expression(part) for part in parts]
    if len(nodes) == 2:
        return _half_line(nodes[0], nodes[1], signs[0])
    if len(nodes) == 3 and all(sign in _ORDER for sign in signs) and signs[0][0] == signs[1][0]:
        low, middle, high = nodes
        if signs[0][0] == ">":
            low, high, signs = high, low, [_FLIPPED[signs[1]], _FLIPPED[signs[0]]]
        if tree.variables_of(middle):
            piece = Piece(low, high, signs[0] == "<=", signs[1] == "<=")
            return RealSet((piece,), _variable(middle))
    raise NotMathError


def _half_line(left: Node, right: Node, sign: str) -> Shape:
    if not _is_variable(left) and _is_variable(right):
        left, right, sign = right, left, _FLIPPED[sign]
    if not _is_variable(left) or (_is_variable(right) and tree.variables_of(right)):
        return Relation(left, right, sign)
    if tree.variables_of(left) & tree.variables_of(right):
        return Relation(left, right, sign)
    name = _variable(left)
    if sign == "!=":
        return without_points([right], name)
    if sign[0] == "<":
        return RealSet((Piece(MINUS_INFINITY, right, False, sign == "<="),), name)
    return RealSet((Piece(right, INFINITY, sign == ">=", False),), name)


def _is_variable(node: Node) -> bool:
    if node.op == "sym":
        return node.name not in tree.CONSTANTS
    return node.op == "fn" and node.name.startswith("call:")


def _variable(node: Node) -> str:
    return node.name if node.op == "sym" else "(expression)"


def combine_relations(shapes: Sequence[Shape], words: set[str]) -> Shape | None:
    """Inequalities joined by words: `or` is a union, `and` an intersection of two half-lines."""
    if not any(isinstance(shape, RealSet) for shape in shapes):
        return None
    sets = [shape for shape in shapes if isinstance(shape, RealSet)]
    variables = {shape.variable for shape in sets if shape.variable}
    if len(sets) == len(shapes) and all(len(shape.pieces) == 2 for shape in sets) and "or" not in words:
        return _without_all(sets)
    if "and" in words and len(sets) == len(shapes) == 2 and len(variables) == 1:
        return _overlap(sets[0], sets[1])
    if "or" in words or (len(sets) == len(shapes) and words == {","}):
        try:
            pieces = [piece for shape in shapes for piece in pieces_of(shape)]
        except NotMathError:
            return None
        return RealSet(tuple(pieces), next(iter(variables), None))
    return None


def _without_all(sets: Sequence[RealSet]) -> RealSet | None:
    points = [shape.pieces[0].high for shape in sets]
    if any(shape.pieces[1].low != point for shape, point in zip(sets, points, strict=True)):
        return None
    return without_points(points, sets[0].variable)


def _overlap(one: RealSet, other: RealSet) -> RealSet | None:
    """`x > 2 and x < 5`."""
    if len(one.pieces) != 1 or len(other.pieces) != 1:
        return None
    first, second = one.pieces[0], other.pieces[0]
    if first.low == MINUS_INFINITY:
        first, second = second, first
    if first.high != INFINITY or second.low != MINUS_INFINITY:
        return None
    return RealSet((Piece(first.low, second.high, first.low_closed, second.high_closed),), one.variable)


__all__ = ["Value", "combine_relations", "read_relation"]
