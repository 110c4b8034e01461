r"""Comparing single values, with their units, percent signs and remarks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.compare_words import exclude_each_other
from genesys.rewards.mathematics.context import Context
from genesys.rewards.mathematics.outcome import Outcome, at_most
from genesys.rewards.mathematics.shapes import Based, Ratio, Value
from genesys.rewards.mathematics.tokens import Token
from genesys.rewards.mathematics.tree import Node
from genesys.rewards.mathematics.units import UNIT_LETTERS, akin, convertible, read_unit

_DEGREE = tree.divide(tree.symbol("pi"), tree.number(180))
_HUNDREDTH = tree.number(Fraction(1, 100))
_INTEGRATION = frozenset(("C", "c", "K", "k", "C_1", "c_1", "K_1", "k_1"))
_MIN_ROUNDED_DIGITS = 3


def compare_values(gold: Value, answer: Value, context: Context) -> Outcome:
    """Whether an answer says the gold's value."""
    outcome = _with_units(gold, answer, context)
    if answer.remark.lower() == gold.remark.lower():
        return outcome
    if exclude_each_other(gold.remark.lower(), answer.remark.lower()):
        return Outcome.NO
    return at_most(Outcome.JUDGE, outcome)  # the words before it may negate it


def _with_units(gold: Value, answer: Value, context: Context) -> Outcome:
    outcome = _by_unit(gold, answer, context)
    if outcome is not Outcome.NO:
        return outcome
    lettered = _letter_as_unit(gold), _letter_as_unit(answer)
    if (lettered[0] is None) != (lettered[1] is None):
        return _by_letter(gold, answer, lettered, context)
    if gold.product is None and answer.product is None:
        return outcome
    one, other = gold.product or gold.node, answer.product or answer.node
    return Outcome.YES if context.identity.equal(one, other) else outcome


def _letter_as_unit(value: Value) -> Value | None:
    """`6m` read as six metres, where one plain letter may be a variable or a unit."""
    node = value.node
    if value.unit is not None or node.op != "mul" or len(node.args) != 2:
        return None
    number, letter = node.args
    if number.op != "num" or letter.op != "sym" or letter.name not in UNIT_LETTERS:
        return None
    return replace(value, node=number, unit=read_unit([Token("sym", letter.name, roman=True)]))


def _by_letter(
    gold: Value, answer: Value, lettered: tuple[Value | None, Value | None], context: Context
) -> Outcome:
    """A unit on both sides decides; beside a bare number it takes context to tell unit from variable."""
    outcome = _by_unit(lettered[0] or gold, lettered[1] or answer, context)
    return outcome if gold.unit is not None else at_most(Outcome.JUDGE, outcome)


def _by_unit(gold: Value, answer: Value, context: Context) -> Outcome:
    if gold.percent or answer.percent:
        return _percent(gold, answer, context)
    if gold.unit is None or answer.unit is None:
        if gold.unit is not None and context.strict_units:
            return Outcome.NO
        outcome = same_number(gold, answer, context)
        if gold.unit is not None and gold.unit.words in (("am",), ("pm",)):
            return at_most(Outcome.JUDGE, outcome)  # a time of day, not a quantity
        return outcome if outcome is Outcome.YES else _as_angle(gold, answer, context, outcome)
    return _two_units(gold, answer, context)


def _two_units(gold: Value, answer: Value, context: Context) -> Outcome:
    assert gold.unit is not None and answer.unit is not None
    if gold.unit.words == answer.unit.words:
        return same_number(gold, answer, context)
    factor = convertible(gold.unit, answer.unit)
    if factor is not None:
        converted = tree.mul((tree.number(factor), answer.node))
        return same_number(gold, Value(converted, plain=answer.plain), context)
    outcome = same_number(gold, answer, context)
    if outcome is not Outcome.YES:
        return _as_angle(gold, answer, context, outcome)
    if gold.unit.dimensions is not None and answer.unit.dimensions is not None:
        return Outcome.JUDGE if _money(gold) else Outcome.NO
    return Outcome.YES if akin(gold.unit, answer.unit) else Outcome.JUDGE


def _money(value: Value) -> bool:
    return value.unit is not None and any("dollar" in word for word in value.unit.words)


def _percent(gold: Value, answer: Value, context: Context) -> Outcome:
    """`76%` is 0.76; people also write it as 76."""
    if gold.percent and answer.percent:
        return same_number(gold, answer, context)
    if gold.percent:
        if same_number(_hundredth(gold), answer, context) is Outcome.YES:
            return Outcome.YES
        outcome = same_number(gold, answer, context)
        return outcome if context.percent_as_number else at_most(Outcome.NO, outcome)
    if same_number(gold, _hundredth(answer), context) is Outcome.YES:
        return Outcome.YES
    outcome = same_number(gold, answer, context)
    return outcome if context.asks_percent else at_most(Outcome.JUDGE, outcome)


def _hundredth(value: Value) -> Value:
    return Value(tree.mul((_HUNDREDTH, value.node)), plain=value.plain)


def _as_angle(gold: Value, answer: Value, context: Context, outcome: Outcome) -> Outcome:
    r"""`90^\circ` and `\frac{\pi}{2}`."""
    one, other = _radians(gold), _radians(answer)
    if one is None or other is None or (one is gold.node and other is answer.node):
        return outcome
    return Outcome.YES if context.identity.equal(one, other) else outcome


def _radians(value: Value) -> Node | None:
    if value.unit is not None and value.unit.words == ("deg",):
        return tree.mul((value.node, _DEGREE))
    if value.unit is not None and value.unit.words not in (("rad",), ("radian",)):
        return None
    return value.node if "pi" in tree.symbols_of(value.node) else None


def same_number(gold: Value, answer: Value, context: Context) -> Outcome:
    """Whether the expressions are equal, or as good as equal under the options."""
    identity = context.identity
    if identity.equal(gold.node, answer.node):
        return Outcome.YES
    renamed = _renamed_constant(gold.node, answer.node)
    if renamed is not None and identity.equal(gold.node, renamed):
        return Outcome.YES
    if context.tolerance and gold.node.op == "num":
        distance = abs(float(gold.node.number)) * context.tolerance
        return Outcome.YES if identity.near(gold.node, answer.node, distance) else Outcome.NO
    return _rounded(gold, answer, context)


def _renamed_constant(gold: Node, answer: Node) -> Node | None:
    """The answer with its constant of integration named as in the gold.

    Any usual letter stands for a gold's `+ C`; elsewhere, as in `c e^{-x}`, only its capital or small form.
    """
    extra = tree.variables_of(answer) - tree.variables_of(gold)
    missing = tree.variables_of(gold) - tree.variables_of(answer)
    if len(extra) != 1 or len(missing) != 1 or not tree.variables_of(gold) & tree.variables_of(answer):
        return None
    theirs, ours = next(iter(extra)), next(iter(missing))
    added = gold.op == "add" and tree.symbol("C") in gold.args
    if not (ours == "C" and added and theirs in _INTEGRATION) and theirs.lower() != ours.lower():
        return None
    return tree.substitute(answer, theirs, tree.symbol(ours)) if theirs in _INTEGRATION else None


def _rounded(gold: Value, answer: Value, context: Context) -> Outcome:
    """Whether the gold is a rounded decimal of an exact answer: then context must say what was asked."""
    if not gold.decimals or answer.decimals is not None or gold.node.op != "num":
        return Outcome.NO
    digits = len(str(abs(gold.node.number.numerator)))
    if digits < _MIN_ROUNDED_DIGITS or tree.variables_of(answer.node):
        return Outcome.NO
    distance = 0.5000001 * 10.0**-gold.decimals
    return Outcome.JUDGE if context.identity.near(gold.node, answer.node, distance) else Outcome.NO


def compare_ratios(gold: Ratio, answer: Ratio, context: Context) -> Outcome:
    """Part by part; proportional parts that are written otherwise are a matter of convention."""
    if gold.suffix and answer.suffix and gold.suffix != answer.suffix:
        return Outcome.NO
    if len(gold.parts) != len(answer.parts):
        return Outcome.NO
    equal = context.identity.equal
    if all(equal(one, other) for one, other in zip(gold.parts, answer.parts, strict=True)):
        return Outcome.YES if gold.suffix in ("", answer.suffix) else Outcome.JUDGE
    if tree.ZERO in gold.parts + answer.parts or gold.suffix or answer.suffix:
        return Outcome.NO
    first = gold.parts[0], answer.parts[0]
    crossed = zip(gold.parts[1:], answer.parts[1:], strict=True)
    if all(equal(tree.mul((first[0], other)), tree.mul((one, first[1]))) for one, other in crossed):
        return Outcome.JUDGE
    return Outcome.NO


def ratio_value(ratio: Ratio) -> Value | None:
    """The quotient that a ratio of two parts is."""
    if len(ratio.parts) != 2 or ratio.suffix:
        return None
    return Value(tree.divide(*ratio.parts))


def compare_based(gold: Based, answer: Based) -> Outcome:
    """Numerals with bases: both must agree, as the base is what was asked for."""
    same_digits = gold.digits.lstrip("0") == answer.digits.lstrip("0")
    return Outcome.YES if same_digits and gold.base == answer.base else Outcome.NO


def based_value(based: Based) -> Value | None:
    """Its value, where its digits belong to its base."""
    try:
        return Value(tree.number(int(based.digits, based.base)), plain=True) if based.base <= 36 else None
    except ValueError:
        return None
