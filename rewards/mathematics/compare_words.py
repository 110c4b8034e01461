r"""Comparing answers in words.

Equal words are equal answers. Words of a small closed class exclude each other (`odd` is not `even`), one
word is not another of a different stem, and a number is no word. Everything else needs a judge.
"""

from __future__ import annotations

import re

from genesys.rewards.mathematics import lexicon as lex
from genesys.rewards.mathematics import tree
from genesys.rewards.mathematics.context import Context
from genesys.rewards.mathematics.outcome import Outcome
from genesys.rewards.mathematics.shapes import RealSet, Shape, Value, Words

_CLASSES = tuple(
    frozenset(words.split())
    for words in (
        "yes no true false correct incorrect",
        "odd even neither both",
        "monday tuesday wednesday thursday friday saturday sunday",
        "january february march april may june july august september october november december",
        "red green blue yellow orange purple black white pink brown",
        "north south east west",
        "increasing decreasing constant",
        "converges diverges",
        "absolutely conditionally",
        "prime composite",
        "acute obtuse right",
        "always sometimes never",
        "positive negative zero",
        "linear quadratic cubic",
        "circle ellipse parabola hyperbola line point",
        "rational irrational",
        "maximum minimum",
        "first second third fourth",
    )
)
_NO_VALUE = frozenset(
    (
        "undefined",
        "does not exist",
        "dne",
        "no solution",
        "no solutions",
        "no real solution",
        "no real solutions",
        "no such",
        "none",
        "impossible",
        "not possible",
        "empty set",
        "emptyset",
        "not defined",
        "nonexistent",
    )
)
_NOISE = re.compile(r"[^\w\s-]|-(?!\s?\d)|\b(?:the|a|an|is|are|it|there|answer)\b")
_SPACES = re.compile(r"\s+")
_STEM = 5


def plain_words(text: str) -> str:
    """The words that count, in lower case."""
    return _SPACES.sub(" ", _NOISE.sub(" ", text.casefold())).strip()


def compare_words(gold: Shape, answer: Shape, context: Context) -> Outcome:
    """Compares where the gold, the answer or both are words."""
    if isinstance(gold, Words) and isinstance(answer, Words):
        return _two_texts(gold, answer, context)
    if isinstance(gold, Words):
        return _words_for_math(gold, answer, context)
    assert isinstance(answer, Words)
    return _math_in_words(gold, answer, context)


def _two_texts(gold: Words, answer: Words, context: Context) -> Outcome:
    left, right = plain_words(gold.text), plain_words(answer.text)
    if left == right and left:
        return Outcome.YES
    if gold.text == answer.text:
        return Outcome.YES
    if gold.node is not None and answer.node is not None:
        return Outcome.YES if context.identity.equal(gold.node, answer.node) else Outcome.NO
    if exclude_each_other(left, right):
        return Outcome.NO
    if left in _NO_VALUE and right in _NO_VALUE:
        return Outcome.JUDGE
    one, other = left.split(), right.split()
    if _mistyped(one, other):
        return Outcome.NO
    if len(one) == len(other) == 1:
        return Outcome.JUDGE if _same_stem(left, right) and left not in _NO_VALUE else Outcome.NO
    if not other or not (set(one) & set(other) or any(_same_stem(a, b) for a in one for b in other)):
        phrases = len(one) > 1 and len(other) > 1
        return Outcome.JUDGE if left in _NO_VALUE or right in _NO_VALUE or phrases else Outcome.NO
    return Outcome.JUDGE


def exclude_each_other(left: str, right: str) -> bool:
    """Whether both say a word of one closed class, and not the same."""
    one, other = set(left.split()), set(right.split())
    return any(
        len(one & members) == 1 and other & members and not other & one & members for members in _CLASSES
    )


def _mistyped(one: list[str], other: list[str]) -> bool:
    """Whether a single word differs, by a last letter that is no inflection."""
    if len(one) != len(other):
        return False
    pairs = [sorted(pair, key=len) for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    if len(pairs) != 1:
        return False
    short, long = pairs[0]
    return long[:-1] == short and long[-1] not in "sdey"


def _same_stem(left: str, right: str) -> bool:
    return len(left) >= _STEM and left[:_STEM] == right[:_STEM]


def _words_for_math(gold: Words, answer: Shape, context: Context) -> Outcome:
    if isinstance(answer, Value):
        if gold.node is not None and context.identity.equal(gold.node, answer.node):
            return Outcome.YES
        value = number_in_words(gold.text)
        if value is not None and answer.node.op == "num":
            return Outcome.YES if answer.node.number == value else Outcome.NO
        if answer.node == tree.symbol("emptyset"):
            return _no_solution(gold.text)
        if answer.node.op == "num" and _says(gold.text, answer):
            return Outcome.JUDGE
        return Outcome.NO
    return Outcome.JUDGE if any(char.isdigit() for char in gold.text) else Outcome.NO


def _math_in_words(gold: Shape, answer: Words, context: Context) -> Outcome:
    if not isinstance(gold, Value):
        words = plain_words(answer.text)
        described = isinstance(gold, RealSet) and words not in _NO_VALUE and " " in words
        return Outcome.JUDGE if described or _any_digit(answer.text) else Outcome.NO
    if answer.node is not None and context.identity.equal(gold.node, answer.node):
        return Outcome.YES
    value = number_in_words(answer.text)
    if value is not None:
        return Outcome.YES if gold.node.op == "num" and gold.node.number == value else Outcome.NO
    if gold.node == tree.symbol("emptyset"):
        return _no_solution(answer.text)
    if gold.node == tree.symbol("inf") and plain_words(answer.text) in (
        "infinite",
        "unbounded",
        "infinitely many",
    ):
        return Outcome.JUDGE
    return Outcome.JUDGE if gold.node.op == "num" and _says(answer.text, gold) else Outcome.NO


def _no_solution(text: str) -> Outcome:
    """What words say beside the sign of the empty set."""
    words = plain_words(text)
    if words in ("no solution", "no solutions", "empty set", "no real solution", "no real solutions"):
        return Outcome.YES
    return Outcome.JUDGE if words in _NO_VALUE else Outcome.NO


def _any_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _says(text: str, value: Value) -> bool:
    """Whether a text holds the number as a word of its own."""
    number = value.node.number
    if number.numerator.bit_length() > 256 or number.denominator != 1:
        return False
    return re.search(rf"(?<![\d.]){abs(number.numerator)}(?![\d.]?\d)", text) is not None


def number_in_words(text: str) -> int | None:
    """The whole number that a text spells out: `thirteen`, `twenty one`."""
    words = text.replace("-", " ").split()
    if not words or not all(word in lex.NUMBER_WORDS or word in lex.SCALE_WORDS for word in words):
        return None
    total = current = 0
    for word in words:
        if word in lex.NUMBER_WORDS:
            current += lex.NUMBER_WORDS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        else:
            total, current = total + max(current, 1) * lex.SCALE_WORDS[word], 0
    return total + current
