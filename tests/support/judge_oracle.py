"""A judge that knows the labels of a data set, by content: the gold and the answer that it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chat_server import Asked, Reply
from judge_stub import Shown, judging

from genesys.rewards.judging.rendering import reference_of, shown
from genesys.rewards.judging.rubric import rubric_named
from genesys.rewards.math_audit import LabelledCase


def oracle(cases: Iterable[LabelledCase], form: str | None = None) -> Callable[[Asked, int], str | Reply]:
    """An answer function that gives each case its label.

    Args:
        cases: The labelled cases.
        form: The answer format in which they are judged.
    """
    rubric = rubric_named("equivalence")
    labels = {
        (
            _folded(reference_of(case.problem)),
            _folded(shown(rubric, case.problem, case.response, form).text),
        ): case.is_correct
        for case in cases
    }

    def decide(seen: Shown) -> str:
        label = labels[_folded(seen.reference), _folded(seen.candidate)]
        return "EQUIVALENT" if label else "DIFFERENT"

    return judging(decide)


def _folded(text: str | None) -> str:
    return " ".join((text or "").split())
