r"""Comparing lists, tuples, sets, intervals and matrices, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from genesys.rewards.mathematics.brackets import INFINITY, MINUS_INFINITY, pieces_of
from genesys.rewards.mathematics.context import Context
from genesys.rewards.mathematics.errors import NotMathError
from genesys.rewards.mathematics.outcome import Outcome, all_of, at_most, in_any_order, in_order
from genesys.rewards.mathematics.shapes import Assign, Listing, Matrix, Piece, RealSet, Shape, Value, Words
from genesys.rewards.mathematics.tree import Node

Compare = Callable[[Shape, Shape], Outcome]
_TUPLES = ("()", "<>")
_INTERVALS = ("()", "[]", "[)", "(]")
_MAX_UNORDERED = 60


def compare_listings(gold: Listing, answer: Listing, context: Context, compare: Compare) -> Outcome:
    """Whether two lists, tuples, sets or intervals hold the same."""
    if len(answer.items) > len(gold.items) and answer.brackets in ("", "{}"):
        answer = replace(answer, items=tuple(dict.fromkeys(answer.items)))
    if len(gold.items) != len(answer.items):
        return Outcome.NO
    left, right = _kind(gold), _kind(answer)
    if "interval" in (left, right) and left != right:
        return _interval_and_other(gold, answer, compare, left)
    if left == right == "interval":
        return in_order(gold.items, answer.items, compare) if gold.brackets == answer.brackets else Outcome.NO
    if left == "tuple":
        return _tuple_and(right, gold, answer, context, compare)
    if right == "tuple":
        outcome = in_order(gold.items, answer.items, compare)
        return at_most(Outcome.JUDGE, outcome) if left == "set" else outcome
    return _collections(gold, answer, context, compare)


def _kind(listing: Listing) -> str:
    """What the brackets make of it: `[4, 5, 7]` and `[3, 1]` are lists in square brackets."""
    if listing.brackets == "{}":
        return "set"
    if listing.brackets in _TUPLES:
        return "tuple"
    if listing.brackets in ("[)", "(]"):
        return "interval"
    if listing.brackets == "[]":
        return "interval" if len(listing.items) == 2 and not _descends(listing.items) else "tuple"
    return "list"


def _descends(items: Sequence[Shape]) -> bool:
    low, high = items
    if isinstance(low, Value) and isinstance(high, Value) and low.node.op == high.node.op == "num":
        return low.node.number > high.node.number
    return False


def _interval_and_other(gold: Listing, answer: Listing, compare: Compare, gold_kind: str) -> Outcome:
    """An interval is no list and no open interval; `[1, 3]` for the list 1, 3 is a matter of context."""
    if gold_kind == "list" and answer.brackets == "[]":
        return at_most(Outcome.JUDGE, in_order(gold.items, answer.items, compare))
    return Outcome.NO


def _tuple_and(kind: str, gold: Listing, answer: Listing, context: Context, compare: Compare) -> Outcome:
    outcome = in_order(gold.items, answer.items, compare)
    if kind == "tuple" or outcome is Outcome.NO:
        return outcome
    if kind == "set":
        return at_most(Outcome.JUDGE, outcome)
    maybe_interval = gold.brackets == "()" and len(gold.items) == 2 and not _descends(gold.items)
    if maybe_interval and not context.asks_point and _names(answer) is None:
        return at_most(Outcome.JUDGE, outcome)
    return outcome


def _collections(gold: Listing, answer: Listing, context: Context, compare: Compare) -> Outcome:
    """Lists and sets: in any order, where neither names nor blanks nor the options fix one."""
    named = _names(gold)
    if named is not None:
        other = _names(answer)
        if other is not None and set(other) == set(named):
            return all_of(compare(named[name], other[name]) for name in named)
        return in_order(gold.items, answer.items, compare)
    ordered = in_order(gold.items, answer.items, compare)
    if ordered is Outcome.YES or context.list_order == "strict" or _has_dots(gold):
        return ordered
    if len(gold.items) > _MAX_UNORDERED:
        return _sorted(gold, answer)
    outcome = in_any_order(gold.items, answer.items, compare)
    if gold.separator == ";" and not gold.brackets and outcome is Outcome.YES:
        return Outcome.YES if _all_numbers(gold) and answer.brackets == "{}" else Outcome.JUDGE
    return outcome


def _names(listing: Listing) -> dict[str, Shape] | None:
    """The elements by their names, where each has one of its own."""
    named = {item.name: item.value for item in listing.items if isinstance(item, Assign)}
    return named if len(named) == len(listing.items) else None


def _has_dots(listing: Listing) -> bool:
    return any(isinstance(item, Words) and item.text == "..." for item in listing.items)


def _all_numbers(listing: Listing) -> bool:
    return all(isinstance(item, Value) and item.node.op == "num" for item in listing.items)


def _sorted(gold: Listing, answer: Listing) -> Outcome:
    """Long lists of exact numbers by sorting."""
    if not (_all_numbers(gold) and _all_numbers(answer)):
        return Outcome.NO
    return Outcome.YES if sorted(_numbers(gold)) == sorted(_numbers(answer)) else Outcome.NO


def _numbers(listing: Listing) -> list[Fraction]:
    return [item.node.number for item in listing.items if isinstance(item, Value)]


def compare_real_sets(gold: Shape, answer: Shape, context: Context) -> Outcome:
    """Sets of reals, piece by piece, in their simplest form."""
    try:
        left, right = _merged(pieces_of(gold)), _merged(pieces_of(answer))
    except NotMathError:
        return Outcome.NO

    def same_piece(one: Piece, other: Piece) -> Outcome:
        if (one.low_closed, one.high_closed) != (other.low_closed, other.high_closed):
            return Outcome.NO
        equal = context.identity.equal
        return Outcome.YES if equal(one.low, other.low) and equal(one.high, other.high) else Outcome.NO

    outcome = in_any_order(left, right, same_piece)
    one, other = _variable(gold), _variable(answer)
    if one and other and one != other and "(expression)" not in (one, other):
        return at_most(Outcome.JUDGE, outcome)
    return outcome


def _variable(shape: Shape) -> str | None:
    return shape.variable if isinstance(shape, RealSet) else None


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Overlapping and touching pieces as one, where all ends are exact numbers."""
    if len(pieces) < 2 or not all(_exact(piece.low) and _exact(piece.high) for piece in pieces):
        return list(pieces)
    ordered = sorted(pieces, key=lambda piece: (_place(piece.low), not piece.low_closed))
    merged = [ordered[0]]
    for piece in ordered[1:]:
        last = merged[-1]
        gap = _place(piece.low) - _place(last.high) if last.high != INFINITY else Fraction(-1)
        if gap > 0 or (gap == 0 and not (piece.low_closed or last.high_closed)):
            merged.append(piece)
            continue
        reach = max((last, piece), key=lambda each: (_place(each.high), each.high_closed))
        merged[-1] = Piece(last.low, reach.high, last.low_closed, reach.high_closed)
    return merged


_FAR = Fraction(10) ** 400


def _exact(node: Node) -> bool:
    return node.op == "num" or node in (INFINITY, MINUS_INFINITY)


def _place(node: Node) -> Fraction:
    if node == INFINITY:
        return _FAR
    return -_FAR if node == MINUS_INFINITY else node.number


def compare_matrices(gold: Matrix, answer: Matrix, compare: Compare) -> Outcome:
    """Entry by entry; a row for a column is a matter of convention."""
    left, right = [len(row) for row in gold.rows], [len(row) for row in answer.rows]
    entries = in_order(_entries(gold), _entries(answer), compare)
    if left == right:
        return entries
    flat = set(left) == {1} or len(left) == 1
    return at_most(Outcome.JUDGE, entries) if flat and (set(right) == {1} or len(right) == 1) else Outcome.NO


def compare_vector(matrix: Matrix, listing: Listing, compare: Compare, *, swapped: bool) -> Outcome:
    """A column or row against a tuple."""
    entries = _entries(matrix)
    if not (all(len(row) == 1 for row in matrix.rows) or len(matrix.rows) == 1):
        return Outcome.NO
    if listing.brackets not in (*_TUPLES, "[]"):
        return Outcome.NO
    pair = (listing.items, entries) if swapped else (entries, listing.items)
    return in_order(pair[0], pair[1], compare)


def _entries(matrix: Matrix) -> tuple[Shape, ...]:
    return tuple(entry for row in matrix.rows for entry in row)


__all__ = ["compare_listings", "compare_matrices", "compare_real_sets", "compare_vector"]
