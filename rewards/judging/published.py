"""Reading published judgements: replies of other people's judges, "Judgement: Yes" and the like.

These judges were given no receipt number, so nothing here reads a reply to a question of ours: what this
module returns are labels of a data set, as good as the logs they come from.
"""

from __future__ import annotations

import re

from genesys.rewards.judging.replies import Judgement, UnreadableReply, read_reply
from genesys.rewards.judging.rubric import Rubric, rubric_named
from genesys.schema import split_reasoning

_WORDS = {
    "yes": "EQUIVALENT",
    "no": "DIFFERENT",
    "equivalent": "EQUIVALENT",
    "different": "DIFFERENT",
    "not equivalent": "DIFFERENT",
    "correct": "EQUIVALENT",
    "incorrect": "DIFFERENT",
    "ambiguous": "AMBIGUOUS",
}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_LABELLED = re.compile(
    rf"\b(?:judge?ment|verdict)\b[\s*_:\"']{{0,8}}(?:is\b)?[\s*_:\"'(]{{1,8}}({_WORD})\b", re.IGNORECASE
)
_FIRST = re.compile(rf"\A[\s*_#\"']*({_WORD})\b(?=[\s*_.,:;\"')]|\Z)", re.IGNORECASE)
_CONCLUSION = re.compile(
    r"(?:predicted answer|(?:the|these|both|two)\s(?:\w+\s){0,3}answers)\b[^\n]{0,300}?"
    r"\b(?:is|are)\s(not\s)?(correct|equivalent|the same|identical|incorrect|different)\b",
    re.IGNORECASE,
)
_AGAINST = ("incorrect", "different")


def read_published(content: str, rubric: Rubric | None = None) -> Judgement:
    """The judgement of a published reply about the equivalence of two answers.

    A labelled judgement counts before a bare first word, and that before the last sentence that calls the
    answers the same or not; several labelled ones that differ are none.

    Args:
        content: The reply.
        rubric: What its words mean; by default equivalence.

    Raises:
        UnreadableReply: If it holds no judgement, or several that differ.
    """
    rubric = rubric or rubric_named("equivalence")
    answer = split_reasoning(content).answer or ""
    labelled = {_WORDS[found.group(1).lower()] for found in _LABELLED.finditer(answer)}
    if len(labelled) > 1:
        raise UnreadableReply("it holds several judgements that differ")
    first = _FIRST.match(answer)
    if not labelled and first is not None:
        labelled = {_WORDS[first.group(1).lower()]}
    if not labelled:
        labelled = _concluded(answer)
    if not labelled:
        return read_reply(rubric, content, receipt="")
    return Judgement(word=labelled.pop(), explanation=answer.strip()[:200])


def _concluded(answer: str) -> set[str]:
    found = list(_CONCLUSION.finditer(answer))
    if not found:
        return set()
    denied, word = found[-1].groups()
    against = (word.lower() in _AGAINST) != bool(denied)
    return {"DIFFERENT" if against else "EQUIVALENT"}
