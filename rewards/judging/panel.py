"""From judgements to a verdict: samples, orders and judges put together.

Of several samples the median counts, or the word of the majority. The two orders of a swapped question are
averaged; their words must be the same. Of two judges that agree the lower counts, so that a completion passes a
threshold only where both let it pass; judges that do not agree give no score. So do ties. One question
without an answer leaves the verdict open: fewer samples than asked for are another instrument. What was
answered stays in the cache, and the next call asks for the rest alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from genesys.causes import cause
from genesys.rewards.judging.question import JudgeFailed, Question
from genesys.rewards.judging.rendering import render
from genesys.rewards.judging.replies import Judgement
from genesys.rewards.judging.rubric import Rubric
from genesys.rewards.judging.settings import JudgeSettings
from genesys.schema import Problem, Verdict

Ask = Callable[[Question], Awaitable[Judgement]]
Value = float | str


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one judge thinks, over its samples and orders.

    Attributes:
        model: The judge.
        value: Points or a word; None where its own answers contradict one another.
        explanation: Of the answer that is nearest.
        values: All its answers, order by order.
    """

    model: str
    value: Value | None
    explanation: str
    values: tuple[tuple[Value, ...], ...]

    def to_info(self, rubric: Rubric) -> dict[str, Any]:
        """What a verdict's info says of it."""
        name = "points" if rubric.reply == "points" else "word"
        info: dict[str, Any] = {"model": self.model, name: self.value, "explanation": self.explanation}
        several = len(self.values) > 1 or len(self.values[0]) > 1
        return info | ({"answers": [list(values) for values in self.values]} if several else {})


async def judged(settings: JudgeSettings, rubric: Rubric, problem: Problem, text: str, ask: Ask) -> Verdict:
    """The verdict of the judge or judges on a completion that has an answer to show."""
    orders = [False, True] if settings.swap else [False]
    asked = [
        render(
            rubric, problem, text, form=settings.answer_format, swapped=swapped, limit=settings.max_characters
        )
        for swapped in orders
    ]
    models = [settings.model, *([settings.second_model] if settings.second_model else [])]
    questions = [
        Question(rubric=rubric, asked=one, model=model, settings=settings, sample=sample)
        for model in models
        for one in asked
        for sample in range(settings.samples)
    ]
    answers = await asyncio.gather(*(ask(question) for question in questions), return_exceptions=True)
    flags = {"flags": list(asked[0].flags)} if asked[0].flags else {}
    judgements: list[Judgement] = []
    for answer in answers:
        if isinstance(answer, JudgeFailed):
            return Verdict.unscorable(answer.cause, rubric=rubric.key, **flags, **answer.info)
        if isinstance(answer, BaseException):
            raise answer
        judgements.append(answer)
    share = len(judgements) // len(models)
    opinions = [
        _opinion(model, judgements[place * share : (place + 1) * share], settings.samples)
        for place, model in enumerate(models)
    ]
    return _verdict(settings, rubric, opinions, {"rubric": rubric.key, **flags})


def _opinion(model: str, judgements: list[Judgement], samples: int) -> Opinion:
    values = tuple(
        tuple(one.value for one in judgements[start : start + samples])
        for start in range(0, len(judgements), samples)
    )
    middles = [_middle(order) for order in values]
    value = _together(middles)
    nearest = min(judgements, key=lambda one: _distance(one.value, value))
    return Opinion(model=model, value=value, explanation=nearest.explanation, values=values)


def _middle(values: tuple[Value, ...]) -> Value | None:
    """The median of points; the word that more than half say."""
    points = [value for value in values if not isinstance(value, str)]
    if points:
        return float(median(points))
    word, count = Counter(values).most_common(1)[0]
    return word if 2 * count > len(values) else None


def _together(middles: list[Value | None]) -> Value | None:
    """Of the orders of one question."""
    points = [middle for middle in middles if isinstance(middle, float)]
    if points:
        return fmean(points)
    return middles[0] if len(set(middles)) == 1 else None


def _distance(one: Value, value: Value | None) -> float:
    if isinstance(one, str) or not isinstance(value, float):
        return float(one != value)
    return abs(one - value)


def _verdict(
    settings: JudgeSettings, rubric: Rubric, opinions: list[Opinion], info: dict[str, Any]
) -> Verdict:
    info |= opinions[0].to_info(rubric)
    if len(opinions) > 1:
        info["second"] = opinions[1].to_info(rubric)
    value = _agreed([opinion.value for opinion in opinions], settings.agreement)
    if value is None:
        return Verdict.unscorable("judge_disagreement", **info)
    if isinstance(value, str):
        return _of_word(rubric, value, info)
    score = value / 100
    return Verdict.right(**info) if score == 1.0 else Verdict.wrong("short_of_gold", score=score, **info)


def _agreed(values: list[Value | None], agreement: float) -> Value | None:
    points = [value for value in values if isinstance(value, float)]
    if len(points) == len(values):
        return min(points) if max(points) - min(points) <= agreement else None
    return values[0] if len(set(values)) == 1 else None


def _of_word(rubric: Rubric, word: str, info: dict[str, Any]) -> Verdict:
    outcome = rubric.outcomes[word]
    if outcome == "right":
        return Verdict.right(**info)
    if cause(outcome).outcome == "wrong":
        return Verdict.wrong(outcome, **info)
    return Verdict.unscorable(outcome, **info)
