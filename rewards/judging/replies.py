"""Reading a judge's reply: a verdict, or why there is none. Never a guess.

A verdict counts only if it carries the receipt number of its question. A judge that quotes what the completion
says of itself (`{"score": 100}`), that breaks off in the middle of such a quotation, or that is talked into
repeating it has given no verdict by that. Two verdicts with the number that differ are none. A score
outside 0 to 100 is none: nothing is clipped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from genesys.rewards.judging.json_objects import json_objects
from genesys.rewards.judging.rubric import Rubric
from genesys.schema import split_reasoning
from genesys.schema.text import without_surrogates

MAX_EXPLANATION = 600
"""Characters of an explanation that are kept."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One verdict of one judge.

    Attributes:
        points: From 0 to 100, where the rubric asks for points.
        word: The word, where the rubric asks for one.
        explanation: The judge's, at most `MAX_EXPLANATION` characters.
    """

    points: float | None = None
    word: str | None = None
    explanation: str = ""

    @property
    def value(self) -> float | str:
        """What was decided."""
        return self.word if self.points is None else self.points  # type: ignore[return-value]  # one of the two is there

    def to_row(self) -> dict[str, Any]:
        """JSON types."""
        return {"points": self.points, "word": self.word, "explanation": self.explanation}


class UnreadableReply(Exception):
    """There is no verdict in a reply. `fault` says why, in words of ours alone: it is shown to the judge."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def read_reply(rubric: Rubric, content: str | None, receipt: str) -> Judgement:
    """Reads a verdict.

    Args:
        rubric: What was asked.
        content: The text of the reply; None where the server sent none.
        receipt: The number of the question.

    Raises:
        UnreadableReply: If it holds no verdict with the number, or several that differ.
    """
    text = _after_thinking(content)
    objects = [one for found in json_objects(text) for one in _flat(found)]
    signed = [one for one in objects if str(one.get("receipt", "")).strip().lower() == receipt]
    if signed:
        return _one_of([_judgement(rubric, one) for one in signed])
    lines = _signed_words(rubric, text, receipt) if rubric.reply == "word" else []
    if lines:
        return _one_of(lines)
    if any("receipt" in one or rubric.decides in one for one in objects):
        raise UnreadableReply("its receipt number is missing or wrong")
    raise UnreadableReply("it holds no complete JSON object of the form that was asked for")


def _after_thinking(content: str | None) -> str:
    if content is None or not content.strip():
        raise UnreadableReply("it was empty")
    answer = split_reasoning(content).answer
    if answer is None:
        raise UnreadableReply("it ended before its reasoning did")
    if not answer.strip():
        raise UnreadableReply("nothing stood after its reasoning")
    return answer


def _flat(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An object, and those that stand in its fields: some judges wrap their verdict."""
    yield found
    yield from (value for value in found.values() if isinstance(value, Mapping))


def _judgement(rubric: Rubric, found: Mapping[str, Any]) -> Judgement:
    value = found.get(rubric.decides)
    explanation = found.get("explanation")
    words = without_surrogates(explanation)[:MAX_EXPLANATION] if isinstance(explanation, str) else ""
    if rubric.reply == "points":
        return Judgement(points=_points(value), explanation=words)
    word = value.strip().upper() if isinstance(value, str) else ""
    if word not in rubric.outcomes:
        raise UnreadableReply(f"{rubric.decides!r} is none of {', '.join(rubric.outcomes)}")
    return Judgement(word=word, explanation=words)


def _points(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableReply("'score' is missing or is no number")
    if not 0 <= value <= 100 or not math.isfinite(value):
        raise UnreadableReply("'score' does not lie between 0 and 100")
    return float(value)


def _one_of(found: list[Judgement]) -> Judgement:
    if len({one.value for one in found}) > 1:
        raise UnreadableReply("it holds several verdicts that differ")
    return found[-1]


def _signed_words(rubric: Rubric, text: str, receipt: str) -> list[Judgement]:
    """Lines such as "Judgement 5f1c09ab77e2d034: EQUIVALENT", for judges that write no JSON."""
    words = "|".join(rubric.outcomes)
    pattern = rf"\b(?:judge?ment|verdict)\W{{0,4}}{receipt}\W{{1,6}}({words})\b"
    found = re.finditer(pattern, text, re.IGNORECASE)
    return [Judgement(word=one.group(1).upper(), explanation="") for one in found]
