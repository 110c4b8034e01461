"""A question with its most upvoted answer, whatever file it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genesys.errors import MalformedRow


@dataclass(frozen=True, kw_only=True)
class Post:
    """A question or an answer.

    Attributes:
        id: Its number on the site.
        score: Votes up minus votes down.
        html: Its text.
        date: When it was written, ISO 8601, or "".
        owner: Number or name of its author, or None.
    """

    id: str
    score: int
    html: str
    date: str = ""
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A question and what came of it.

    Attributes:
        site: Such as "physics.stackexchange.com".
        title: The question's title.
        tags: Its tags.
        question: The question.
        answer: Its most upvoted answer; of several, the first. None where there is none.
        answers: How many answers it has.
        closed: Whether the site closed it.
    """

    site: str
    title: str
    tags: tuple[str, ...]
    question: Post
    answer: Post | None
    answers: int
    closed: bool = False

    @property
    def url(self) -> str:
        """Where the question stands: part of the attribution that CC BY-SA asks for."""
        return f"https://{self.site}/questions/{self.question.id}"


def thread_of_row(row: Mapping[str, Any], site: str) -> Thread:
    """A thread of a row with its answers in a list.

    Two forms are read: `question` and `answers` as objects with `body_html` and `score`; and the rows of
    HuggingFaceH4/stack-exchange-preferences, `qid`, `question` as HTML, `answers` with `text` and `pm_score`.

    Raises:
        MalformedRow: If the row has another form.
    """
    answers = row.get("answers")
    if not isinstance(answers, list) or "question" not in row:
        raise MalformedRow("the row has no question with a list of answers")
    try:
        if isinstance(row["question"], Mapping):
            return _of_objects(row, answers, site)
        return _of_preferences(row, answers, site)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedRow(f"a question or answer lacks a field: {error}") from None


def _of_objects(row: Mapping[str, Any], answers: list[Mapping[str, Any]], site: str) -> Thread:
    question = row["question"]
    return Thread(
        site=str(row.get("site") or site),
        title=str(question.get("title") or ""),
        tags=tuple(question.get("tags") or ()),
        question=_post(question, "body_html"),
        answer=_best([_post(one, "body_html") for one in answers]),
        answers=len(answers),
        closed=bool(question.get("closed_date")),
    )


def _of_preferences(row: Mapping[str, Any], answers: list[Mapping[str, Any]], site: str) -> Thread:
    # pm_score is round(log2(1 + votes)), one more where the asker accepted it, and -1 below none (its dataset's card)
    links = [str(one) for one in row.get("metadata") or ()]
    named = next((link.split("/")[2] for link in links if "/questions/" in link), site)
    posts = [
        Post(
            id=str(one["answer_id"]),
            score=_votes(int(one["pm_score"]), accepted=bool(one.get("selected"))),
            html=str(one["text"]),
            owner=one.get("author"),
        )
        for one in answers
    ]
    return Thread(
        site=named,
        title="",
        tags=(),
        question=Post(
            id=str(row["qid"]),
            score=0,
            html=str(row["question"]),
            date=str(row.get("date") or "").replace("/", "-"),
        ),
        answer=_best(posts),
        answers=len(posts),
    )


def _votes(pm_score: int, *, accepted: bool) -> int:
    """About how many votes a preference score stands for."""
    return -1 if pm_score < 0 else 2 ** min(max(pm_score - accepted, 0), 30) - 1


def _post(value: Mapping[str, Any], text: str) -> Post:
    owner = value.get("owner_user_id")
    return Post(
        id=str(value["id"]),
        score=int(value["score"]),
        html=str(value[text]),
        date=str(value.get("creation_date") or ""),
        owner=None if owner is None else str(owner),
    )


def _best(posts: list[Post]) -> Post | None:
    return max(posts, key=lambda post: post.score, default=None)
