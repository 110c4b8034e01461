r"""Multiple choice: a gold of one letter, and answers that name an option by letter or by what it says."""

from __future__ import annotations

import re

from genesys.schema import Problem

_GOLD = re.compile(r"\(?([A-J])\)?\.?|\(([a-j])\)")
_STYLE = re.compile(r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox|bf|rm)\b\s*|[{}$]|\\[ ,;]|~")
_LETTER = re.compile(
    r"(?:(?:option|choice|answer)\s*(?:is)?\s*:?\s*)?[(\[]?\s*([A-Ja-j])\s*[)\].:]?\s*", re.IGNORECASE
)
_LETTER_AND_TEXT = re.compile(r"(?:[(\[]\s*([A-J])\s*[)\]]|([A-J])\s*[).:])\s*(\S.*)", re.DOTALL)
_BOLD_LETTER = re.compile(
    r"\\(?:text|textbf|textrm|mathrm|mathbf)\s*\{\s*(?:\([A-J]\)|[A-J][.)])\s*\}(?:\\[ ,;]|[\s~])*(?=\S)"
)
_SEVERAL = re.compile(r"[A-J]{2,6}|\(?[A-J]\)?(?:\s*(?:,|;|and|&|,\s*and)\s*\(?[A-J]\)?){1,5}")
_OPTION = re.compile(r"(?:^|[\s,;:])[(\[]?([A-J])[)\].]\s*:?\s*(?=\S)")
_MAX_PROMPT = 20_000


def gold_letter(gold: str) -> tuple[str, str] | None:
    """The letter of a gold that is one, in upper case, and the option's text where the gold has it."""
    plain = _STYLE.sub("", gold).strip()
    found = _GOLD.fullmatch(plain)
    if found:
        return (found.group(1) or found.group(2)).upper(), ""
    if _BOLD_LETTER.match(gold.strip("$ ")) and (found := _LETTER_AND_TEXT.fullmatch(plain)):
        start = _BOLD_LETTER.match(gold.strip("$ "))
        assert start is not None
        return found.group(1) or found.group(2), gold.strip("$ ")[start.end() :]
    return None


def several_letters(text: str) -> frozenset[str] | None:
    """The options of an answer that names several: `ABD`, `A, B and D`, `(A), (C)`."""
    plain = _STYLE.sub("", text).strip()
    if not _SEVERAL.fullmatch(plain):
        return None
    letters = re.findall(r"[A-J]", plain)
    return frozenset(letters) if letters == sorted(set(letters)) else None


def answer_letter(answer: str, *, lower: bool) -> str | None:
    """The letter that an answer names, alone or before the option's text.

    Args:
        answer: The answer as written.
        lower: Whether a lower-case letter names an option.
    """
    plain = _STYLE.sub("", answer).strip()
    found = _LETTER.fullmatch(plain)
    if found:
        letter = found.group(1)
        return letter.upper() if letter.isupper() or lower or "(" in plain else None
    found = _LETTER_AND_TEXT.fullmatch(plain)
    if found is None or re.fullmatch(r"[a-z]", found.group(3)):
        return None
    return found.group(1) or found.group(2)


def options_of(problem: Problem) -> dict[str, str]:
    """The options of a problem by letter: from its metadata, else from its statement."""
    listed = problem.metadata.get("options")
    if isinstance(listed, list | tuple) and all(isinstance(option, str) for option in listed):
        found = [_LETTER_AND_TEXT.fullmatch(option.strip()) for option in listed]
        return {match.group(1) or match.group(2): match.group(3).strip() for match in found if match}
    return _in_prompt(problem.prompt[-_MAX_PROMPT:])


def _in_prompt(prompt: str) -> dict[str, str]:
    """The last run of options A, B, C, … in a statement."""
    marks = list(_OPTION.finditer(prompt))
    options: dict[str, str] = {}
    for index, mark in enumerate(marks):
        letter = mark.group(1)
        if letter == "A":
            options = {}
        elif chr(ord("A") + len(options)) != letter:
            continue
        end = marks[index + 1].start() if index + 1 < len(marks) else len(prompt)
        options[letter] = prompt[mark.end() : end].strip().rstrip(",;.")
    return options if len(options) >= 2 else {}
