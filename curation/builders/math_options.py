"""The stem and the options of a multiple-choice problem."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from genesys.curation.builders.math_kinds import LABEL


class Choice(NamedTuple):
    """A multiple-choice problem in parts.

    Attributes:
        stem: What stands before the options.
        options: Letter -> text.
    """

    stem: str
    options: dict[str, str]


_TIDY = re.compile(
    r"^[\s$~,;:.)\]}]*(?:\\qquad|\\quad|\\ |\\,|\\;|\\!|~)*\s*|\s*(?:\\qquad|\\quad|\\\\|\\ |~|\\,|\\;|\\!|[,;])*\s*\Z"
)
_FAR = 200
"""Labels that are looked through for the next one."""
_LISTED = re.compile(r"^\s*[(\[]?([A-H])[)\].:]\s*(.*)\Z", re.DOTALL)
_WRAPPED = re.compile(
    r"\\(?:textbf|mathrm|mathbf|textrm|mbox|text|bold|bf|rm)\s*\{((?:[^{}]|\{[^{}]*\})*)\}|\\bold\{(?=[A-H]\))"
)
_LETTER_FIRST = re.compile(
    r"^[\s(\[]*(?P<letter>[A-H])(?:\s*[)\].:}]+|\s+(?=\\|\d|-|$)|$)\s*(?P<rest>.*)$", re.DOTALL
)
_LETTER_LAST = re.compile(r"^(?P<rest>.*?)[\s\\~]*[(\[]\s*(?P<letter>[A-H])\s*[)\]]\s*$", re.DOTALL)


def read_choice(statement: str, listed: Sequence[Any] | None = None) -> Choice | None:
    """The stem and options of a problem; from the text, or from its source's own list of options.

    Args:
        statement: The problem as it is put.
        listed: Options such as "(A)450 gms", where the source has them apart.
    """
    statement = _BLANKS.sub(_fewer, statement)
    place, options = _in_text(statement)
    given = _given(listed or ())
    if len(given) >= 2:
        return Choice(_tidied_stem(statement[:place] if options else statement), given)
    return Choice(_tidied_stem(statement[:place]), options) if len(options) >= 3 else None


_BLANKS = re.compile(r"\s{9,}")
"""The patterns here try each way to share out blanks: many together say no more than two lines."""


def _fewer(found: re.Match[str]) -> str:
    return "\n\n" if "\n" in found.group() else "    "


def gold_letter(gold: str) -> tuple[str, str] | None:
    r"""The letter that a gold names and the value beside it: "C", `\textbf{(C)}\ \frac52`, `49\ \text{(A)}`.

    Returns:
        Letter and value, which is "" where the letter stands alone; None where no letter is named.
    """
    text = _WRAPPED.sub(lambda found: f" {found.group(1) or ''} ", gold.strip().strip("$").strip()).strip()
    for pattern in (_LETTER_FIRST, _LETTER_LAST):
        found = pattern.match(text)
        if found:
            return found["letter"], tidy_option(found["rest"])
    return None


def _given(listed: Sequence[Any]) -> dict[str, str]:
    found = [_LISTED.match(str(option)) for option in listed]
    return {one.group(1): tidy_option(one.group(2)) for one in found if one}


def _in_text(text: str) -> tuple[int, dict[str, str]]:
    """Where the options begin, and what they are: the longest run of labels A, B, C, … in order."""
    labels = [(found.start(), found.end(), found["letter"]) for found in LABEL.finditer(text)]
    best: list[tuple[int, int, str]] = []
    for place, label in enumerate(labels):
        if label[2] != "A":
            continue
        run = [label]
        for following in islice(labels, place + 1, place + _FAR):
            if following[2] == chr(ord(run[-1][2]) + 1):
                run.append(following)
        if len(run) >= len(best):
            best = run
    if not best:
        return 0, {}
    ends = [start for start, _, _ in best[1:]] + [len(text)]
    return best[0][0], {
        letter: tidy_option(text[begin:end]) for (_, begin, letter), end in zip(best, ends, strict=True)
    }


def tidy_option(text: str) -> str:
    """An option without the spacing around it; a lone dollar sign that its neighbours share goes with it."""
    before = None
    while before != text:
        before, text = text, _TIDY.sub("", text).strip()
    if text.count("$") % 2:
        text = (
            text.replace("$", "", 1)
            if text.startswith("$")
            else text.rstrip("$")
            if text.endswith("$")
            else text
        )
    return text.strip()


def _tidied_stem(stem: str) -> str:
    """A stem without the wrapping and the dollar sign that its options began with."""
    stem = re.sub(r"(?:\\textbf|\\mathrm|\\text|\\mathbf)?\s*\{?\s*\(?\s*\Z", "", stem).rstrip()
    if stem.replace("$$", "").count("$") % 2 and stem.endswith("$"):
        stem = stem[:-1]
    return stem.rstrip()


def options_text(options: Mapping[str, str]) -> str:
    """The options, one a line."""
    return "\n".join(f"({letter}) {text}" for letter, text in options.items())
