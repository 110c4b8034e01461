r"""Reading relations: names (`k=1`), equations, inequalities, membership, chains of equalities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

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
from genesys.rewards.mathematics.splitting import Tokens, split_at, unbraced, wrapped
from genesys.rewards.mathematics.tokens import Token
from genesys.rewards.mathematics.tree import Node

Read = Callable[[Tokens], Shape]
_ORDER = frozenset(("<", "<=", ">", ">="))
_NAME_JOINTS = frozenset((":", "cap", "cup", "minus"))
_DECORATION = frozenset(("angle", "triangle", "vec", "overline", "hat", "tilde", "..."))
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
    name = "".join(token.text for token in left if token.text not in "{}")
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
    r"""Whether the tokens name something: `x`, `S_n`, `f(x)`, `V_1:V_2`, `\angle ABC`, `(x,y)`, `A \cap B`."""
    tokens = unbraced(tokens)
    parts, cuts = split_at(tokens, lambda token: token.kind == "op" and token.text in _NAME_JOINTS)
    if cuts:
        return all(part and _is_name(part) for part in parts)
    if wrapped(tokens) and tokens[0].text == "(":
        return all(part and _is_name(part) for part in split_at(tokens[1:-1], lambda t: t.kind == "sep")[0])
    return _is_simple_name(tokens)


def _is_simple_name(tokens: Tokens) -> bool:
    """A letter, a word or letters of a figure, with subscripts and arguments."""
    bare = [token for token in tokens if token.text not in _DECORATION and token.kind != "bar"]
    if len(bare) < len(tokens):
        bare = [token for token in bare if token.text not in "{}"]
    if not bare:
        return False
    if bare[0][:2] == ("structure", "frac"):
        return all(token.kind in ("sym", "word") or token.text in "{}" for token in bare[1:])
    decorated = len(bare) < len(tokens)
    end = 0
    while end < len(bare) and _is_letter(bare[end], decorated or bare[end].roman):
        end += 1
    if end == 0 or (end > 1 and not decorated and not all(t.kind == "word" or t.roman for t in bare[:end])):
        return False
    return _is_suffix(bare[end:])


def _is_letter(token: Token, loose: bool) -> bool:
    if token.kind == "sym":
        return token.text not in ("inf", "e", "i", "pi") and not token.text.startswith("mathbb")
    return token.kind == "word" and (loose or token.text.isupper() or len(token.text) > 3)


def _is_suffix(tokens: Tokens) -> bool:
    """Subscripts, primes, an exponent before arguments, then arguments in brackets to the end."""
    rest = list(tokens)
    while rest:
        if rest[0].text == "'":
            del rest[0]
        elif rest[0].kind == "op" and rest[0].text in ("_", "^") and len(rest) > 1:
            power = rest[0].text == "^"
            width = 1 + (_group_width(rest[1:]) if rest[1].text == "{" else 1)
            del rest[:width]
            if power and not (rest and rest[0].text == "("):
                return False
        else:
            return rest[0].text in ("(", "[") and wrapped(rest)
    return True


def _group_width(tokens: Tokens) -> int:
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0:
            return index + 1
    return len(tokens)


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
    if len(variables) > 1:
        return None
    if len(sets) == len(shapes) and all(len(shape.pieces) == 2 for shape in sets) and "or" not in words:
        return _without_all(sets)
    if len(sets) == len(shapes) and "or" not in words and len(variables) == 1:
        punctured = _punctured(sets)
        if punctured is not None:
            return punctured
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


def _punctured(sets: Sequence[RealSet]) -> RealSet | None:
    r"""`-2 < x < 5, x \ne 3`: an interval without points inside it."""
    whole = [shape for shape in sets if len(shape.pieces) == 1]
    holes = [shape for shape in sets if len(shape.pieces) == 2]
    if len(whole) != 1 or not holes or any(hole.pieces[0].high != hole.pieces[1].low for hole in holes):
        return None
    points = [hole.pieces[0].high for hole in holes]
    piece = whole[0].pieces[0]
    if any(node.op != "num" for node in (*points, *(e for e in (piece.low, piece.high) if not _infinite(e)))):
        return None
    inside = sorted({p.number for p in points if _below(piece.low, p) and _below(p, piece.high)})
    ends = [piece.low, *map(tree.number, inside), piece.high]
    pieces = [Piece(low, high, False, False) for low, high in pairwise(ends)]
    pieces[0] = replace(pieces[0], low_closed=piece.low_closed)
    pieces[-1] = replace(pieces[-1], high_closed=piece.high_closed)
    return RealSet(tuple(pieces), sets[0].variable)


def _infinite(node: Node) -> bool:
    return node in (INFINITY, MINUS_INFINITY)


def _below(low: Node, high: Node) -> bool:
    return (
        low == MINUS_INFINITY or high == INFINITY or (low.op == high.op == "num" and low.number < high.number)
    )


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
