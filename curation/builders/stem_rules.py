"""Which questions have an answer that others can be compared with: rules on votes, words and links."""

from __future__ import annotations

import re

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.stage import drop

LONGEST_QUESTION, LONGEST_ANSWER = 6_000, 8_000
SHORTEST_QUESTION, SHORTEST_ANSWER = 40, 120
"""Characters of Markdown."""
LONGEST_HTML = 40_000
"""A site's own bound on a post is 30,000 characters of Markdown."""

_OPINION_TAGS = {
    "soft-question",
    "opinion-based",
    "advice",
    "career",
    "career-development",
    "software-recommendation",
}
_LIST_TAGS = {
    "big-list",
    "examples-counterexamples",
    "resource-recommendations",
    "book-recommendation",
    "list",
}
_RECALL_TAGS = {
    "reference-request",
    "reference-works",
    "terminology",
    "math-history",
    "history",
    "identification",
}

_OPINION = re.compile(
    r"\b(what('s| is| are) (your|the best|a good|the most (beautiful|elegant|interesting))|your (favou?rite|opinion|"
    r"experience)|do you (think|prefer|recommend|like)|should i\b|is it worth|is it a good idea|which is better|"
    r"any (advice|suggestions|tips|thoughts)|best way to (learn|teach|study)|how (should|do) (i|you|we) (teach|"
    r"deal|cope|motivate|convince|grade))",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"\b(list of|looking for (simple |good |interesting |nice )?(\"?\w+\"? )?(examples|problems|resources|ideas)|"
    r"what are some|(any|some|more|good|interesting|fun|cute) (examples|problems|resources|books|textbooks|puzzles)|"
    r"examples? of .{0,40}(wanted|needed|please))",
    re.IGNORECASE,
)
_RECALL = re.compile(
    r"\b(reference(s)? (for|request|to|on)|where (can|could|do|to) (i |we )?find|who (first|said|invented|coined|"
    r"proved)|what is the (name|word|term) (of|for)|(standard|correct) (word|name|term) for|is there (a|any) (name|"
    r"word|term|book|paper|reference|research|study|studies)|which (book|textbook|paper)|when did)",
    re.IGNORECASE,
)
_OUTDATED = re.compile(
    r"\b(as of (19|20)\d\d|nowadays|these days|this (year|semester)|currently (available|used)|latest (version|release)|"
    r"deprecated|no longer (available|supported|works)|link (is )?(dead|broken)|20\d\d (edition|syllabus))",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(^|\s)@\w+|\b(see|as in|like) (the )?(other|above|accepted|previous) (answer|comment)s?|'s (answer|comment)\b|"
    r"\b(in|from) the comments\b|(answer|comment) (above|below)\b|moved from (a )?comment",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"<img\b|\b(in|see|from) the (figure|picture|image|diagram|photo|screenshot|graph) (below|above|attached)|"
    r"i\.(stack\.)?imgur\.com",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[([^\]\[]{0,500})\]\([^()]{0,1000}(?:\([^()]{0,200}\)[^()]{0,200})?\)|https?://\S+")


def judge_votes(candidate: Candidate, *, least: int) -> Outcome:
    """Drops `unanswered`, `closed`, `few_votes`, and as `long` what is far too long to be looked at."""
    if candidate["answer_html"] is None:
        return drop(candidate, "unanswered")
    if candidate["closed"]:
        return drop(candidate, "closed")
    size = max(len(candidate["question_html"]), len(candidate["answer_html"]))
    if size > LONGEST_HTML:
        return drop(candidate, "long", f"{size:,} characters of HTML")
    if candidate["answer_score"] < least:
        return drop(candidate, "few_votes", candidate["answer_score"])
    return candidate


def judge_figures(candidate: Candidate) -> Outcome:
    """Drops `figure`: what nobody can understand without a picture."""
    found = _FIGURE.search(candidate["question_html"]) or _FIGURE.search(candidate["answer_html"])
    return drop(candidate, "figure", found.group()) if found else candidate


def judge_question(candidate: Candidate) -> Outcome:
    """Drops `opinion`, `list`, `recall` and `outdated`, by tags and by the words of the title and the end."""
    tags = set(candidate["tags"])
    for reason, known in (("opinion", _OPINION_TAGS), ("list", _LIST_TAGS), ("recall", _RECALL_TAGS)):
        if tags & known:
            return drop(candidate, reason, f"tag {min(tags & known)}")
    asked = f"{candidate['title']}\n{_asking(candidate['question'])}"
    for reason, pattern in (("opinion", _OPINION), ("list", _LIST), ("recall", _RECALL)):
        found = pattern.search(asked)
        if found:
            return drop(candidate, reason, found.group())
    found = _OUTDATED.search(f"{asked}\n{candidate['answer']}")
    return drop(candidate, "outdated", found.group()) if found else candidate


def judge_answer(candidate: Candidate) -> Outcome:
    """Drops answers as `link_only`, `refers_elsewhere`, `short`, `long`."""
    question, answer = candidate["question"], candidate["answer"]
    own = _LINK.sub("", answer)
    checks = (
        ("link_only", bool(_LINK.search(answer)) and len(own) < max(SHORTEST_ANSWER, len(answer) // 3)),
        ("refers_elsewhere", bool(_ELSEWHERE.search(answer))),
        ("short", len(question) < SHORTEST_QUESTION or len(answer) < SHORTEST_ANSWER),
        ("long", len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER),
    )
    return next((drop(candidate, reason, answer[:200]) for reason, found in checks if found), candidate)


def _asking(text: str) -> str:
    """The sentences that ask: those that end in a question mark."""
    sentences = re.findall(r"[^.?!\n]+[.?!\n]?|[.?!\n]", text)
    return "\n".join(one for one in sentences if one.endswith("?"))
