r"""The tiers in their order: from the texts of gold and answer to a decision."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from genesys.rewards.mathematics.choice import answer_letter, gold_letter, options_of, several_letters
from genesys.rewards.mathematics.compare import Comparer
from genesys.rewards.mathematics.context import Context
from genesys.rewards.mathematics.errors import NeedsWorkerError, TooComplexError
from genesys.rewards.mathematics.fingerprint import Field
from genesys.rewards.mathematics.identity import Identity
from genesys.rewards.mathematics.normal import normal_text
from genesys.rewards.mathematics.outcome import Outcome
from genesys.rewards.mathematics.reader import read_shape
from genesys.rewards.mathematics.restatement import is_restatement
from genesys.rewards.mathematics.shapes import Nothing, Opaque, Shape, Value, Words
from genesys.schema import Problem

MAX_LENGTH = 4_000
"""Characters of an answer that is read; a longer one must equal the gold to the letter."""

QUICK_LENGTH = 300
"""Characters of an answer that is read in the caller, whose time must stay short."""

_NUMERAL = re.compile(r"[-+]?(?:\d{1,40}|\d{1,3}(?:,\d{3}){1,12})(?:\.\d{1,40})?\.?")
_MAX_OPTION = 200
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_LOOSE_SPACE = re.compile(r"(?<![0-9A-Za-z]) | (?![0-9A-Za-z])")
_DECIMAL_COMMA = re.compile(r"\s*(-?\d+),(\d+)\s*\$?\s*")
_PLAIN_DECIMAL = re.compile(r"\s*\$?-?\d*\.\d+\$?\s*")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the tiers say.

    Attributes:
        outcome: Equal, different, or a matter for a judge.
        tier: The tier that decided.
        cause: The cause of a wrong answer.
    """

    outcome: Outcome
    tier: str
    cause: str = "wrong_answer"


@dataclass(frozen=True, slots=True)
class Question:
    """One comparison to be decided.

    Attributes:
        problem: The problem, for its statement and options.
        gold: The gold's text.
        answer: The answer's text.
        options: Keyword arguments of the context.
    """

    problem: Problem
    gold: str
    answer: str
    options: dict[str, Any]


def decide(question: Question, *, deep: bool) -> Decision:
    """Decides, tier by tier.

    Args:
        question: What is to be decided.
        deep: Whether slow work may be done; otherwise what needs it raises NeedsWorkerError.
    """
    for tier in (_by_text, _by_number, _by_choice):
        decision = tier(question)
        if decision is not None:
            return decision
    if len(question.answer) > QUICK_LENGTH and not deep:
        raise NeedsWorkerError
    if len(question.answer) > max(MAX_LENGTH, 2 * len(question.gold)):
        return Decision(Outcome.NO, "guard", "answer_too_complex")
    return _by_shape(question, deep)


def _by_text(question: Question) -> Decision | None:
    """Equal to the letter, but for spaces and decoration."""
    if question.gold == question.answer or _canonical(question.gold) == _canonical(question.answer):
        return Decision(Outcome.YES, "text")
    return None


def _canonical(text: str) -> str:
    return _LOOSE_SPACE.sub("", normal_text(text.replace("$", "")))


def _by_number(question: Question) -> Decision | None:
    """Two numerals, compared exactly."""
    gold, answer = _numeral(question.gold), _numeral(question.answer)
    if gold is None or answer is None:
        return None
    if gold != answer and question.options.get("tolerance"):
        return None
    return Decision(Outcome.YES if gold == answer else Outcome.NO, "number")


def _numeral(text: str) -> Fraction | None:
    text = text.strip().strip("$").strip()
    if _NUMERAL.fullmatch(text) is None or text.startswith("0,"):
        return None
    return Fraction(text.replace(",", "").rstrip("."))


def _by_choice(question: Question) -> Decision | None:
    """An option by its letter, or by what it says."""
    chosen_gold = gold_letter(question.gold)
    if chosen_gold is None:
        return _by_choices(question)
    letter, text = chosen_gold
    options = options_of(question.problem)
    lower = bool(options) or not question.gold.strip("$ ").isalpha()
    chosen = answer_letter(question.answer, lower=lower)
    if chosen is not None:
        return Decision(Outcome.YES if chosen == letter else Outcome.NO, "choice")
    if text:
        return _by_shape(replace(question, gold=text), deep=False)
    if letter not in options:
        return None
    same = [name for name, text in options.items() if text and _same_option(text, question.answer)]
    if len(same) == 1:
        return Decision(Outcome.YES if same[0] == letter else Outcome.NO, "choice")
    return None


def _by_choices(question: Question) -> Decision | None:
    """Several options at once."""
    gold = several_letters(question.gold)
    chosen = several_letters(question.answer) if gold else None
    if gold is None or chosen is None or len(gold) < 2:
        return None
    return Decision(Outcome.YES if gold == chosen else Outcome.NO, "choice")


def _same_option(option: str, answer: str) -> bool:
    if _canonical(option) == _canonical(answer):
        return True
    one, other = _numeral(option), _numeral(answer)
    if one is not None and other is not None:
        return one == other
    if max(len(option), len(answer)) > _MAX_OPTION:
        return False
    try:
        context = Context(Identity(Field.of(option, answer), deep=False))
        return Comparer(context).compare(read_shape(option), read_shape(answer)) is Outcome.YES
    except (NeedsWorkerError, TooComplexError):
        return False


def _by_shape(question: Question, deep: bool) -> Decision:
    """By what the two texts mean."""
    try:
        gold = read_gold(question.gold)
    except TooComplexError:
        return Decision(Outcome.JUDGE, "guard")
    try:
        answer = read_shape(question.answer)
    except (TooComplexError, RecursionError):  # the second where a caller's own stack is deep already
        return Decision(Outcome.NO, "guard", "answer_too_complex")
    identity = Identity(Field.of(question.gold, question.answer), deep)
    context = Context(identity, question.problem.prompt, **question.options)
    try:
        outcome = Comparer(context).compare(gold, answer)
        if outcome is Outcome.NO:
            outcome = _with_decimal_comma(question, Comparer(context).compare)
    except (TooComplexError, RecursionError):
        return _too_complex(gold, deep)
    texts = isinstance(gold, Words) or isinstance(answer, Words)
    texts = texts or (isinstance(gold, Opaque) and isinstance(answer, Opaque))
    if texts and outcome is not Outcome.YES and _other_numbers(question):
        return Decision(Outcome.NO, "numbers")
    if outcome is Outcome.UNKNOWN:
        return _by_library(question, gold, answer, deep)
    if outcome is Outcome.YES and is_restatement(
        question.answer, answer, question.gold, gold, question.problem.prompt
    ):
        return Decision(Outcome.NO, "restatement")
    if outcome is Outcome.NO and isinstance(answer, Nothing):
        return Decision(outcome, "shape", "no_answer")
    return Decision(outcome, identity.deepest if outcome is not Outcome.JUDGE else "shape")


@lru_cache(maxsize=4096)
def read_gold(gold: str) -> Shape:
    """The shape of a gold; groups of completions share theirs.

    Raises:
        TooComplexError: If it is too costly to read.
    """
    return read_shape(gold)


def _with_decimal_comma(question: Question, compare: Callable[[Shape, Shape], Outcome]) -> Outcome:
    """`2,74` for 2.74, where the other side is written with a point."""
    gold, answer = question.gold, question.answer
    if (found := _DECIMAL_COMMA.fullmatch(answer)) and _PLAIN_DECIMAL.fullmatch(gold):
        return compare(read_gold(gold), read_shape(".".join(found.groups())))
    if (found := _DECIMAL_COMMA.fullmatch(gold)) and _PLAIN_DECIMAL.fullmatch(answer):
        return compare(read_shape(".".join(found.groups())), read_shape(answer))
    return Outcome.NO


def _other_numbers(question: Question) -> bool:
    """Whether two texts that no grammar reads state different numbers, each some that the other lacks."""
    gold, answer = set(_NUMBERS.findall(question.gold)), set(_NUMBERS.findall(question.answer))
    return bool(gold - answer and answer - gold)


def _too_complex(gold: Shape, deep: bool) -> Decision:
    """Whose fault it is: a gold that cannot be evaluated either leaves the question open."""
    from genesys.rewards.mathematics.identity import check_cost

    if not deep:
        raise NeedsWorkerError
    if isinstance(gold, Value) and not check_cost(gold.node):
        return Decision(Outcome.JUDGE, "guard")
    return Decision(Outcome.NO, "guard", "answer_too_complex")


def _by_library(question: Question, gold: Shape, answer: Shape, deep: bool) -> Decision:
    """Mathematics outside the grammar: what math-verify can show to be equal is equal."""
    if isinstance(answer, Words) or (isinstance(answer, Opaque) and not isinstance(gold, Opaque | Words)):
        # the answer is what cannot be read: only the library could still read it
        default = Outcome.NO
    else:
        default = (
            Outcome.JUDGE if isinstance(gold, Opaque) and not isinstance(answer, Nothing) else Outcome.NO
        )
    if isinstance(gold, Words) or isinstance(answer, Words):
        return Decision(default, "shape")
    if not deep:
        raise NeedsWorkerError
    from genesys.rewards.mathematics.symbolic import equal_by_library

    equal = equal_by_library(_canonical(question.gold), _canonical(question.answer))
    if equal:
        return Decision(Outcome.YES, "library")
    if equal is False:
        return Decision(Outcome.NO, "library")
    return Decision(default, "library")
