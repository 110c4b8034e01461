"""One open question: what a STEM problem is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with a thorough answer.

    Attributes:
        name: Part of the problem's id.
        subject: The science it belongs to.
        title: The question in a line.
        body: What the asker adds.
        answer: A good answer.
        misconception: A wrong answer that people really give.
    """

    name: str
    subject: str
    title: str
    body: str
    answer: str
    misconception: str
