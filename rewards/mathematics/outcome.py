"""What a comparison of two shapes says, and how the parts of a comparison combine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import TypeVar

T = TypeVar("T")


class Outcome(Enum):
    """Equal, different, a question of language or context, or outside the grammar."""

    YES = "equal"
    NO = "different"
    JUDGE = "needs_judge"
    UNKNOWN = "unknown"


_RANK = {Outcome.YES: 0, Outcome.JUDGE: 1, Outcome.UNKNOWN: 2, Outcome.NO: 3}


def all_of(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of them; the first NO ends the search."""
    worst = Outcome.YES
    for outcome in outcomes:
        if _RANK[outcome] > _RANK[worst]:
            worst = outcome
        if worst is Outcome.NO:
            break
    return worst


def at_most(limit: Outcome, outcome: Outcome) -> Outcome:
    """The outcome, but no better than the limit."""
    return outcome if _RANK[outcome] > _RANK[limit] else limit


def in_order(golds: Sequence[T], answers: Sequence[T], compare: Callable[[T, T], Outcome]) -> Outcome:
    """Element by element."""
    if len(golds) != len(answers):
        return Outcome.NO
    return all_of(compare(gold, answer) for gold, answer in zip(golds, answers, strict=True))


def in_any_order(golds: Sequence[T], answers: Sequence[T], compare: Callable[[T, T], Outcome]) -> Outcome:
    """Each gold element against an answer element of its own, the best that is left."""
    if len(golds) != len(answers):
        return Outcome.NO
    left = list(answers)
    worst = Outcome.YES
    for gold in golds:
        best, place = Outcome.NO, -1
        for index, answer in enumerate(left):
            outcome = compare(gold, answer)
            if _RANK[outcome] < _RANK[best]:
                best, place = outcome, index
            if best is Outcome.YES:
                break
        if place < 0:
            return Outcome.NO
        del left[place]
        worst = all_of((worst, best))
    return worst
