r"""Reading brackets: tuples, intervals, sets, set-builders, unions and matrices."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.errors import NotEvaluatedError, NotMathError
from genesys.rewards.mathematics.shapes import (
    Assign,
    Listing,
    Matrix,
    Piece,
    RealSet,
    Relation,
    Shape,
    Value,
)
from genesys.rewards.mathematics.splitting import Tokens, split_at, unbraced, wrapped
from genesys.rewards.mathematics.tokens import Token

Read = Callable[[Tokens], Shape]
INFINITY = tree.symbol("inf")
MINUS_INFINITY = tree.negative(INFINITY)
_PAIRS = {"(": "()", "[": "[]"}
_MATRICES = ("pmatrix", "bmatrix", "Bmatrix", "matrix", "array", "smallmatrix")
_MAX_ITEMS = 1_000


def read_bracketed(tokens: Tokens, read_item: Read, read_several: Read) -> Shape | None:
    """What a pair of brackets around everything makes: None where there is none, or it only groups."""
    opened, closed = tokens[0], tokens[-1]
    if len(tokens) > 3 and opened[:2] == ("close", "]") and closed[:2] == ("open", "["):
        return _listing(tokens[1:-1], "()", read_item)  # ]a, b[
    if not wrapped(tokens):
        return None
    inner = tokens[1:-1]
    if opened.text == "\\{" and closed.text == "\\}":
        return _set(inner, read_item, read_several)
    if opened.text == "<" and closed.text == ">":
        return _listing(inner, "<>", read_item)
    if opened.text in "([" and closed.text in ")]":
        return _listing(inner, opened.text + closed.text, read_item)
    return None


def _listing(inner: Tokens, brackets: str, read_item: Read) -> Shape | None:
    parts, cuts = split_at(inner, lambda token: token.kind == "sep")
    if not cuts:
        return None
    parts = [part for part in parts if part]
    if len(parts) > _MAX_ITEMS:
        raise NotMathError
    return Listing(tuple(read_item(part) for part in parts), brackets, cuts[0].text)


def _set(inner: Tokens, read_item: Read, read_several: Read) -> Shape:
    if not inner:
        return Value(tree.symbol("emptyset"))
    parts, cuts = split_at(inner, lambda token: token.kind == "bar" or token[:2] == ("op", ":"))
    if len(cuts) == 1 and all(parts):
        return _set_builder(parts[0], parts[1], read_several)
    items = split_at(inner, lambda token: token.kind == "sep")[0]
    if len(items) > _MAX_ITEMS:
        raise NotMathError
    return Listing(tuple(read_item(part) for part in items if part), "{}")


def _set_builder(left: Tokens, right: Tokens, read_several: Read) -> Shape:
    r"""`{x | -2 \le x < 1}`: the relation says it all where the left side is its variable."""
    domain = split_at(left, lambda token: token[:2] == ("rel", "in"))[0]
    name = unbraced(domain[0])
    shape = read_several(right)
    if len(name) == 1 and name[0].kind == "sym" and isinstance(shape, RealSet | Relation | Assign | Listing):
        return shape
    raise NotMathError


def read_union(tokens: Tokens, read_core: Read) -> Shape | None:
    """A union of intervals and finite sets, or the reals without some points."""
    parts, cuts = split_at(tokens, lambda token: token.kind == "op" and token.text in ("cup", "cap", "minus"))
    if not cuts or not all(parts):
        return None
    kinds = {cut.text for cut in cuts}
    shapes = [read_core(part) for part in parts]
    if kinds == {"cup"}:
        if any(isinstance(shape, Value) and not _is_reals(shape) for shape in shapes):
            raise NotMathError  # a number is no set: {1} is
        pieces = [piece for shape in shapes for piece in pieces_of(shape)]
        return RealSet(tuple(pieces))
    if kinds == {"minus"} and len(shapes) == 2 and _is_reals(shapes[0]):
        return without_points(_points(shapes[1]))
    raise NotMathError


def pieces_of(shape: Shape) -> tuple[Piece, ...]:
    """The pieces that a shape is as a set of reals.

    Raises:
        NotMathError: If it is no such set.
    """
    if isinstance(shape, RealSet):
        return shape.pieces
    if isinstance(shape, Assign):
        return pieces_of(shape.value)
    if _is_reals(shape):
        return (Piece(MINUS_INFINITY, INFINITY, False, False),)
    if isinstance(shape, Listing):
        if shape.brackets == "{}":
            return tuple(Piece(node, node, True, True) for node in _points(shape))
        if shape.brackets in ("()", "[]", "(]", "[)") and len(shape.items) == 2:
            low, high = shape.items
            if isinstance(low, Value) and isinstance(high, Value):
                return (Piece(low.node, high.node, shape.brackets[0] == "[", shape.brackets[1] == "]"),)
    if isinstance(shape, Value):
        return (Piece(shape.node, shape.node, True, True),)
    raise NotMathError


def without_points(points: list[tree.Node], variable: str | None = None) -> RealSet:
    """The reals without some exact numbers.

    Raises:
        NotMathError: If one of them is no exact number.
    """
    if any(point.op != "num" for point in points) and len(points) > 1:
        raise NotMathError
    ends = [MINUS_INFINITY, *sorted(points, key=lambda point: point.number), INFINITY]
    pieces = [Piece(low, high, False, False) for low, high in pairwise(ends)]
    return RealSet(tuple(pieces), variable)


def _points(shape: Shape) -> list[tree.Node]:
    items = shape.items if isinstance(shape, Listing) else (shape,)
    nodes = [item.node for item in items if isinstance(item, Value)]
    if len(nodes) != len(items):
        raise NotMathError
    return nodes


def _is_reals(shape: Shape) -> bool:
    return isinstance(shape, Value) and shape.node == tree.symbol("mathbb:R")


def read_matrix(tokens: Tokens, read_item: Read) -> Shape | None:
    """A matrix environment around everything; a determinant is a task."""
    if not any(token.kind == "env" for token in tokens):
        return None
    while len(tokens) > 2 and tokens[0].text in ("(", "[", "{") and wrapped(tokens):
        tokens = tokens[1:-1]
    if tokens[0].text == "\\{" and len(tokens) > 1 and tokens[1].kind == "env":
        tokens = tokens[1:]  # a brace before a system of equations closes nowhere
    name = tokens[0].text.partition(" ")[2] if tokens[0].kind == "env" else ""
    if name in ("cases", "aligned", "array", "align") and _only_equations(tokens[1:-1]):
        rows, _ = split_at(tokens[1:-1], lambda token: token.kind == "row")
        cells = [[token for token in row if token.kind != "amp"] for row in rows]
        return Listing(tuple(read_item(_without_comma(cell)) for cell in cells if cell))
    if name.lower() == "vmatrix" or (tokens[0].kind != "env") or tokens[-1].kind != "env":
        raise NotEvaluatedError
    if name not in _MATRICES or sum(token.kind == "env" for token in tokens) != 2:
        raise NotMathError
    rows, _ = split_at(tokens[1:-1], lambda token: token.kind == "row")
    return Matrix(tuple(_row(row, read_item) for row in rows if row))


def _only_equations(tokens: Tokens) -> bool:
    """Whether every row is an equation: a system, and not a function given by cases."""
    rows, _ = split_at(tokens, lambda token: token.kind == "row")
    return all(sum(token[:2] == ("rel", "=") for token in row) == 1 for row in rows if row)


def _without_comma(tokens: Tokens) -> Tokens:
    return tokens[:-1] if tokens[-1].kind == "sep" else tokens


def _row(row: Tokens, read_item: Read) -> tuple[Shape, ...]:
    cells, _ = split_at(row, lambda token: token.kind == "amp")
    if not all(cells):
        raise NotMathError
    return tuple(read_item(cell) for cell in cells)


__all__ = ["Token", "pieces_of", "read_bracketed", "read_matrix", "read_union", "without_points"]
