"""What kind of question a mathematics problem is, told by rules on its words.

verifiable     asks for a value, a set, an expression: something a verifier can compare
mcq            offers labelled options
proof          asks for a proof, or claims something and asks nothing
show_that      asks for a value and gives it away: "What is ...? Show that it is 3."
multi_part     asks several things under labels of their own
figure         needs a picture that is not there (a figure given as code in the text is there)
open           asks for words: an explanation, a drawing, an example
unsure         rules do not tell: a model is asked
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["verifiable", "mcq", "proof", "show_that", "multi_part", "figure", "open", "unsure"]


class Told(NamedTuple):
    """A kind, and the words that tell it."""

    kind: Kind
    words: str


_SHOW_THAT = re.compile(
    r"\s*\b(?:show|prove|verify) that (?:it|the (?:answer|value|result)|this(?: value)?) "
    r"(?:is|equals|is equal to)\s+(?P<value>.+?)\s*\.?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_PROOF = re.compile(
    r"(?:^|[.,;:!?)\]$}\n]\s*|\b(?:and|then|also|hence|please|thus)\s+|\\item\s*|\(\w\)\s*)"
    r"(?:prove|show|demonstrate|verify|establish|deduce|conclude|disprove)(?:\s+or disprove)?\s*"
    r"(?:that\b|the (?:following|identity|inequality|formula|theorem|statement|equality|relation|existence)|:|there (?:is|are|"
    r"exists?)|\$|\\\[|\\\(|by induction|for (?:all|any|every|each)|if\b|any\b|every\b|each\b|directly|using|how)",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"(?:^|[.?!;:,)\n]\s*|\band\s+)(?:explain|describe|discuss|sketch|draw|plot|graph (?:the|each|and)|justify|give (?:an|a "
    r"counter) ?example|construct (?:a|an|the)|write (?:a|an) (?:paragraph|essay|story|program)|interpret|"
    r"comment on|compare and contrast|illustrate)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\b(?:in|see|from|on|as in|according to|refer to|shown in|given in|with) (?:the )?(?:accompanying |adjacent |adjoining |following |"
    r"given )?(?:figure|diagram|picture|image|illustration|drawing|sketch)s?(?: (?:below|above|at (?:the )?(?:right|left)|to the (?:right|"
    r"left)|shown|\d+))?\b|\b(?:figure|diagram|picture|graph|chart) (?:is )?(?:shown|given|pictured)? ?(?:below|above|at (?:the )?right|"
    r"to the right)\b|\bpictured (?:below|above|here)\b|!\[[^\]]*\]\(|<img\b|\\includegraphics|<image>",
    re.IGNORECASE,
)
_DRAWN = re.compile(
    r"\[asy\].*?(?:\[/asy\]|\Z)|\\begin\{(asy|tikzpicture|picture)\}.*?\\end\{\1\}", re.IGNORECASE | re.DOTALL
)
_TABLE = re.compile(r"\\begin\{(?:tabular|array)\}|^\s*\|.*\|\s*$", re.MULTILINE)
"""Figures and tables as code stand in the text."""

_ASKS = re.compile(
    r"\?|\b(?:find|determine|compute|calculate|evaluate|simplify|solve|express|factor|what|how (?:many|much|far|long|old|"
    r"tall|fast|large|big)|which|who|when|where|give|write|round|convert|expand|list|name|state|estimate|reduce|"
    r"differentiate|integrate|rationalize|add|subtract|multiply|divide|perform|use|let us|identify|count|choose|enter|"
    r"approximate|rewrite|obtain|classify|complete|fill|arrange|represent|translate|maximize|minimize|graph|check|test|"
    r"answer|tell|report|select|order|isolate|combine|apply|rank|prime factor|derive|assume|suppose)\b",
    re.IGNORECASE,
)

_PART = re.compile(
    r"(?:^|\n|[.?!;:]\s+|\s{2,})\(?(?P<label>[a-e]|i{1,3}|iv|v|[1-4])[.)]\s+(?=\S)", re.MULTILINE
)
_PART_ASKS = re.compile(
    r"^\s*(?:\$[^$]*\$,?\s*)?(?:find|determine|compute|calculate|evaluate|what|how|prove|show|solve|for (?:which|what)|if\b.*\?|"
    r"which|is\b.*\?|are\b.*\?|does\b.*\?|write|give|express|explain|deduce|hence|describe|verify)",
    re.IGNORECASE | re.DOTALL,
)

LABEL = re.compile(
    r"(?:\\(?:textbf|mathrm|text|mathbf|rm|bf)\s*\{?\s*)?[(\[]?\s*(?:\\(?:textbf|mathrm|text|mathbf)\s*\{\s*)?\(?"
    r"(?<![A-Za-z\\])(?P<letter>[A-H])(?![A-Za-z])\s*\}?\s*[).\]:]\s*\}*"
)


def tell_kind(statement: str, question_type: str = "") -> Told:
    """The kind of a question, by rules alone.

    Args:
        statement: The problem.
        question_type: What its source says of it (NuminaMath-1.5: "math-word-problem", "MCQ", "proof"), or "".
    """
    text = statement.strip().strip("'\"").strip()
    shown = _SHOW_THAT.search(text)
    if shown and _ASKS.search(text[: shown.start()]):
        return Told("show_that", shown.group().strip())
    words = _DRAWN.sub(" ", text)
    found = _FIGURE.search(words)
    if found and words == text and not _TABLE.search(text):
        return Told("figure", found.group())
    text = words  # the labels and commands of a drawing are no words of the question
    if option_labels(text) >= 3:
        return Told("mcq", "labelled options")
    if question_type.strip().lower() in ("mcq", "multiple-choice", "multiple choice"):
        return Told("mcq", f"its source says {question_type!r}")
    if question_type.strip().lower() == "proof":
        return Told("proof", "its source says 'proof'")
    parts = _asking_parts(text)
    if parts >= 2:
        return Told("multi_part", f"{parts} labelled parts")
    return _asked(text)


def _asked(text: str) -> Told:
    found = _PROOF.search(text)
    if found:
        return Told("proof", found.group().strip())
    found = _OPEN.search(text)
    if found and "?" not in text[found.end() :]:
        return Told("open" if not _value_asked(text) else "unsure", found.group().strip())
    if not _ASKS.search(text):
        return Told("proof" if _claims(text) else "verifiable", "asks nothing")
    return Told("verifiable", "")


_VALUE = re.compile(
    r"\b(?:how (?:many|much)|compute|calculate|evaluate|find the|what (?:is|are) the (?:value|number|sum|area|probability|"
    r"length|minimum|maximum|smallest|largest|least|greatest))\b",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:then|thus|hence|therefore|divides|is (?:prime|rational|irrational|divisible|even|odd))\b|\\(?:leq?|geq?)\b"
)


def _value_asked(text: str) -> bool:
    return bool(_VALUE.search(text))


def _claims(text: str) -> bool:
    """Whether a text without a question states something: an expression alone is to be worked out."""
    return len(text.split()) > 8 and bool(_CLAIM.search(text))


def option_labels(text: str) -> int:
    """How many consecutive option labels A, B, C, ... a text has, in order; 0 where it begins otherwise."""
    letters = [(found.start(), found["letter"]) for found in LABEL.finditer(text)]
    best = 0
    for place, (_, letter) in enumerate(letters):
        if letter != "A":
            continue
        run, wanted = 1, "B"
        for _, following in letters[place + 1 : place + 200]:
            if following == wanted:
                run, wanted = run + 1, chr(ord(wanted) + 1)
            elif following != chr(ord(wanted) - 1):
                break
        best = max(best, run)
    return best


def _asking_parts(text: str) -> int:
    """How many labelled parts ask something; labels must come in order."""
    found = list(_PART.finditer(text))
    if len(found) < 2:
        return 0
    ends = [one.start() for one in found[1:]] + [len(text)]
    asking = 0
    for one, end in zip(found, ends, strict=True):
        asking += bool(_PART_ASKS.match(text[one.end() : end]))
    return asking


def without_show_that(statement: str) -> tuple[str, str] | None:
    """The question and the value of "…? Show that it is X.", or None."""
    text = statement.strip()
    found = _SHOW_THAT.search(text)
    if found is None or not _ASKS.search(text[: found.start()]):
        return None
    return text[: found.start()].strip(), found["value"].strip()
