r"""Comparing named answers, equations and inequalities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.context import Context
from genesys.rewards.mathematics.outcome import Outcome, all_of, at_most
from genesys.rewards.mathematics.shapes import Assign, Listing, Relation, Shape, Value
from genesys.rewards.mathematics.tree import Node

Compare = Callable[[Shape, Shape], Outcome]
_COORDINATES = frozenset(("x", "y", "z"))
_FLIPPED = {">": "<", ">=": "<="}


def compare_named(gold: Shape, answer: Shape, context: Context, compare: Compare) -> Outcome:
    """A name on one side only is dropped; two names must agree, or be arguments of a function."""
    if isinstance(gold, Assign) and isinstance(answer, Assign):
        return _two_names(gold, answer, context, compare)
    if isinstance(gold, Assign):
        if isinstance(answer, Relation):
            return _solved_and_not(gold, answer, context)
        return compare(gold.value, answer)
    assert isinstance(answer, Assign)
    if isinstance(gold, Relation):
        relation = _relation_of(answer)
        return compare_relations(gold, relation, context) if relation is not None else Outcome.NO
    return compare(gold, answer.value)


def spread(shape: Shape, other: Shape) -> Shape:
    """`(a,b)=(2,-3)` as `a=2, b=-3`, where the other side names its parts one by one."""
    if not (isinstance(other, Listing) and all(isinstance(item, Assign) for item in other.items)):
        return shape
    if not (isinstance(shape, Assign) and isinstance(shape.value, Listing) and shape.name[:1] == "("):
        return shape
    names = shape.name[1:-1].split(",")
    if len(names) != len(shape.value.items) or other.brackets:
        return shape
    pairs = zip(names, shape.value.items, strict=True)
    return Listing(tuple(Assign(name, value, name) for name, value in pairs))


def _two_names(gold: Assign, answer: Assign, context: Context, compare: Compare) -> Outcome:
    outcome = compare(gold.value, _renamed(gold, answer)) if _same_argument(gold, answer) else Outcome.NO
    if outcome is not Outcome.NO and not _names_agree(gold, answer):
        return Outcome.NO if _is_symbol(gold.value) else at_most(Outcome.JUDGE, outcome)
    if outcome is not Outcome.NO:
        return outcome
    one, other = _relation_of(gold), _relation_of(answer)
    if one is None or other is None or not tree.variables_of(one.right):
        return Outcome.NO
    outcome = compare_relations(one, other, context)
    alike = gold.symbol == answer.symbol or gold.symbol in _COORDINATES or _both_symbols(one, other)
    return outcome if alike else at_most(Outcome.JUDGE, outcome)


def _renamed(gold: Assign, answer: Assign) -> Shape:
    """The answer's value with its argument named as in the gold: f(t)=2t as f(x)=2x."""
    value = answer.value
    if (
        gold.parameter
        and answer.parameter
        and gold.parameter != answer.parameter
        and isinstance(value, Value)
    ):
        return replace(value, node=tree.substitute(value.node, answer.parameter, tree.symbol(gold.parameter)))
    return value


def _same_argument(gold: Assign, answer: Assign) -> bool:
    """Whether renaming the argument is all there is to do: `f(t)=2x` is no function of t."""
    if not gold.parameter or not answer.parameter or gold.parameter == answer.parameter:
        return True
    value = answer.value
    return not isinstance(value, Value) or gold.parameter not in tree.variables_of(value.node)


def _names_agree(gold: Assign, answer: Assign) -> bool:
    if gold.name == answer.name or gold.parameter or answer.parameter:
        return True
    single = gold.symbol is None and answer.symbol is None and gold.name[:1] != "("
    return not single and (gold.symbol is None or answer.symbol is None)


def _is_symbol(shape: Shape) -> bool:
    """Whether a value is a single letter or name: then the two sides of the sign are of equal rank."""
    return isinstance(shape, Value) and shape.node.op == "sym"


def _both_symbols(one: Relation, other: Relation) -> bool:
    return one.right.op == other.right.op == "sym"


def _relation_of(named: Assign) -> Relation | None:
    if named.symbol is None or not isinstance(named.value, Value):
        return None
    return Relation(tree.symbol(named.symbol), named.value.node, "=")


def _solved_and_not(gold: Assign, answer: Relation, context: Context) -> Outcome:
    """A curve may be given in any form; an unknown that was to be found must be found."""
    relation = _relation_of(gold)
    if relation is None:
        return Outcome.NO
    outcome = compare_relations(relation, answer, context)
    if not tree.variables_of(relation.right):
        return Outcome.NO
    return outcome if gold.symbol in _COORDINATES else at_most(Outcome.JUDGE, outcome)


def compare_relations(gold: Relation, answer: Relation, context: Context) -> Outcome:
    """Two equations are equal if one is a constant multiple of the other."""
    gold, answer = _upright(gold), _upright(answer)
    if gold.sign != answer.sign:
        return Outcome.NO
    left, right = _difference(gold), _difference(answer)
    if not tree.variables_of(left):
        return _constant_equations(gold, answer, context)
    return context.identity.proportional(left, right, positive=gold.sign in ("<", "<="))


def _upright(relation: Relation) -> Relation:
    if relation.sign in _FLIPPED:
        return Relation(relation.right, relation.left, _FLIPPED[relation.sign])
    return relation


def _difference(relation: Relation) -> Node:
    return tree.add((relation.left, tree.negative(relation.right)))


def _constant_equations(gold: Relation, answer: Relation, context: Context) -> Outcome:
    """Equations without variables are all true; what counts is that they state the same."""
    if tree.variables_of(_difference(answer)):
        return Outcome.NO
    if (gold.left, gold.right) in ((answer.left, answer.right), (answer.right, answer.left)):
        return Outcome.YES
    true = context.identity.equal(answer.left, answer.right)
    return Outcome.JUDGE if true else Outcome.NO


def relation_for_value(gold: Shape, answer: Relation, compare: Compare) -> Outcome:
    """`m+n=33` for 33: the right side is the answer if the left one only names what it is of."""
    if not isinstance(gold, Value) or answer.sign != "=" or tree.variables_of(gold.node):
        return Outcome.NO
    if tree.variables_of(answer.right):
        return Outcome.NO
    right = compare(gold, Value(answer.right, plain=True))
    if tree.variables_of(answer.left):
        # every equation can be written with 0 on its right
        return Outcome.NO if gold.node == tree.ZERO else right
    return all_of((compare(gold, Value(answer.left)), right))
