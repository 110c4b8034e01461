r"""Comparing shapes: which rule decides for which pair."""

from __future__ import annotations

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.compare_relations import (
    compare_named,
    compare_relations,
    relation_for_value,
    spread,
)
from genesys.rewards.mathematics.compare_sets import (
    compare_listings,
    compare_matrices,
    compare_real_sets,
    compare_vector,
)
from genesys.rewards.mathematics.compare_values import (
    based_value,
    compare_based,
    compare_ratios,
    compare_values,
    ratio_value,
)
from genesys.rewards.mathematics.compare_words import compare_words
from genesys.rewards.mathematics.context import Context
from genesys.rewards.mathematics.outcome import Outcome, all_of, at_most
from genesys.rewards.mathematics.qualified import compare_families, compare_residues
from genesys.rewards.mathematics.shapes import (
    Assign,
    Based,
    Chain,
    Family,
    Listing,
    Matrix,
    Nothing,
    Opaque,
    Ratio,
    RealSet,
    Relation,
    Residue,
    Shape,
    Task,
    Value,
    Words,
)

_MAX_REPEATS = 3


class Comparer:
    """Compares a gold's shape with an answer's under one context."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def compare(self, gold: Shape, answer: Shape) -> Outcome:
        """Whether the answer says what the gold says."""
        gold, answer = _bare(gold), _bare(answer)
        if isinstance(answer, Nothing | Task):
            return Outcome.JUDGE if isinstance(gold, Task) and isinstance(answer, Task) else Outcome.NO
        if isinstance(gold, Task):
            return Outcome.JUDGE
        if isinstance(gold, Opaque) or isinstance(answer, Opaque):
            return _opaque(gold, answer)
        if isinstance(gold, Family) or isinstance(answer, Family):
            return compare_families(gold, answer, self.context, self.compare)
        if isinstance(gold, Residue) or isinstance(answer, Residue):
            return compare_residues(gold, answer, self.context, self.compare)
        if isinstance(gold, Chain):
            gold = gold.parts[-1]
        if isinstance(answer, Chain):
            return all_of(self.compare(gold, part) for part in answer.parts)
        gold, answer = spread(gold, answer), spread(answer, gold)
        if isinstance(gold, Assign) or isinstance(answer, Assign):
            return compare_named(gold, answer, self.context, self.compare)
        if isinstance(gold, Relation) or isinstance(answer, Relation):
            return self._relations(gold, answer)
        if isinstance(gold, Words) or isinstance(answer, Words):
            return compare_words(gold, answer, self.context)
        return self._mathematics(gold, answer)

    def _relations(self, gold: Shape, answer: Shape) -> Outcome:
        if isinstance(gold, Relation) and isinstance(answer, Relation):
            return compare_relations(gold, answer, self.context)
        if isinstance(answer, Relation):
            return relation_for_value(gold, answer, self.compare)
        return Outcome.NO

    def _mathematics(self, gold: Shape, answer: Shape) -> Outcome:
        if isinstance(gold, Based) or isinstance(answer, Based):
            return self._based(gold, answer)
        if isinstance(gold, Ratio) or isinstance(answer, Ratio):
            return self._ratios(gold, answer)
        if any(isinstance(shape, RealSet) or _is_reals(shape) for shape in (gold, answer)):
            return self._real_sets(gold, answer)
        if isinstance(gold, Matrix) or isinstance(answer, Matrix):
            return self._matrices(gold, answer)
        if isinstance(gold, Value) and isinstance(answer, Value):
            return compare_values(gold, answer, self.context)
        if isinstance(gold, Listing) and isinstance(answer, Listing):
            return self._listings(gold, answer)
        if isinstance(gold, Value) and isinstance(answer, Listing):
            return self._value_and_listing(gold, answer)
        return Outcome.NO

    def _listings(self, gold: Listing, answer: Listing) -> Outcome:
        if "[)" in (gold.brackets, answer.brackets) or "(]" in (gold.brackets, answer.brackets):
            return compare_real_sets(gold, answer, self.context)
        return compare_listings(gold, answer, self.context, self.compare)

    def _value_and_listing(self, gold: Value, answer: Listing) -> Outcome:
        """One value said several times, as in `1/2, 0.5`; several values are a guess."""
        if answer.brackets or not 1 < len(answer.items) <= _MAX_REPEATS:
            return Outcome.NO
        return all_of(self.compare(gold, item) for item in answer.items)

    def _based(self, gold: Shape, answer: Shape) -> Outcome:
        if isinstance(gold, Based) and isinstance(answer, Based):
            return compare_based(gold, answer)
        if isinstance(gold, Based) and isinstance(answer, Value):
            digits = tree.number(int(gold.digits)) if gold.digits.isdigit() else None
            return Outcome.YES if answer.node == digits and answer.plain else Outcome.NO
        if isinstance(gold, Value) and isinstance(answer, Based):
            value = based_value(answer)
            if answer.base == 10 and value is not None:
                return compare_values(gold, value, self.context)
            same = gold.node.op == "num" and str(gold.node.number) == answer.digits
            return Outcome.JUDGE if same or (value is not None and value.node == gold.node) else Outcome.NO
        return Outcome.NO

    def _ratios(self, gold: Shape, answer: Shape) -> Outcome:
        if isinstance(gold, Ratio) and isinstance(answer, Ratio):
            return compare_ratios(gold, answer, self.context)
        ratio, other = (gold, answer) if isinstance(gold, Ratio) else (answer, gold)
        assert isinstance(ratio, Ratio)
        value = ratio_value(ratio)
        if value is None or not isinstance(other, Value) or other.unit is not None:
            return Outcome.NO
        return compare_values(value, other, self.context)

    def _real_sets(self, gold: Shape, answer: Shape) -> Outcome:
        """A single number or a list without brackets is no set of reals; the sign R is."""
        for shape in (gold, answer):
            if isinstance(shape, Value) and not _is_reals(shape):
                return Outcome.NO
            if isinstance(shape, Listing) and not shape.brackets:
                return Outcome.NO
        return compare_real_sets(gold, answer, self.context)

    def _matrices(self, gold: Shape, answer: Shape) -> Outcome:
        if isinstance(gold, Matrix) and isinstance(answer, Matrix):
            return compare_matrices(gold, answer, self.compare)
        if isinstance(gold, Matrix) and isinstance(answer, Listing):
            return compare_vector(gold, answer, self.compare, swapped=False)
        if isinstance(gold, Listing) and isinstance(answer, Matrix):
            return compare_vector(answer, gold, self.compare, swapped=True)
        return Outcome.NO


def _bare(shape: Shape) -> Shape:
    """A set of one element is its element."""
    while isinstance(shape, Listing) and shape.brackets == "{}" and len(shape.items) == 1:
        shape = shape.items[0]
    return shape


def _is_reals(shape: Shape) -> bool:
    return isinstance(shape, Value) and shape.node == tree.symbol("mathbb:R")


def _opaque(gold: Shape, answer: Shape) -> Outcome:
    if isinstance(gold, Opaque) and isinstance(answer, Opaque) and gold.text == answer.text:
        return Outcome.YES
    return Outcome.UNKNOWN


__all__ = ["Comparer", "at_most"]
