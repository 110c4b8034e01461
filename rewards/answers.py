r"""Where an answer stands in a completion, and how to read it there.

An `answer_format` is a parameter of a verifier:

    boxed        the last balanced \boxed{...}; boxes side by side are one list
    json_output  the field "output" of the last JSON object
    answer_tag   between the last <answer> and </answer>
    fenced_code  the last fenced code block
    bare         the whole answer, for other people's text

All readers see the text after the last `</think>` only, of that at most the last 100,000 characters, and
take time linear in what they see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from genesys.schema import Problem, split_reasoning

MAX_ANSWER = 100_000
"""Characters of a text after its reasoning that the readers look at, from its end."""


class Answer(NamedTuple):
    """What was read.

    Attributes:
        text: The answer, or None where there is none.
        cause: Why there is none: `truncated`, `no_answer` or `format`.
    """

    text: str | None
    cause: str | None = None


_ALIASES = {"<answer>...</answer>": "answer_tag", "<answer>": "answer_tag", "json": "json_output"}


def answer_format(problem: Problem, override: str | None, default: str) -> str:
    """The format that counts: the verifier's parameter, else the problem's, else the task type's.

    A problem's unknown word is returned as it is; the verifier calls it `unsupported`.
    """
    chosen = override or problem.metadata.get("answer_format") or default
    return _ALIASES.get(str(chosen), str(chosen))


def read_answer(text: str, formats: tuple[str, ...], *, quoted: str = "") -> Answer:
    """Reads the answer in the first of the formats that finds one.

    Args:
        text: The canonical text of a completion.
        formats: Names of readers, in order of preference.
        quoted: The problem's statement; where the answer repeats it word for word, boxes and tags inside
            the repetition are not the completion's own.
    """
    answer = split_reasoning(text).answer
    if answer is None:
        return Answer(None, "truncated")
    tail = answer[-MAX_ANSWER:]
    if len(quoted) >= _MIN_QUOTE and quoted in tail:
        tail = tail.replace(quoted, " ")
    cause = "no_answer"
    for name in formats:
        found = READERS[name](tail)
        if found.text is not None:
            return found
        if found.cause == "format":
            cause = "format"
    return Answer(None, cause)


_MIN_QUOTE = 20

_BOX = re.compile(
    r"\\(?P<box>boxed|fbox|framebox)\s*\{"
    r"|\\(?:boxed|fbox)\s*(?P<token>\\[dtc]?frac\s*(?:\{[^{}]*\}\s*\{[^{}]*\}|\d\s*\d)|\\(?:sqrt|pi)\b[^\s$]{0,40}"
    r"|[-+]?\.?\d[\w.,/^!%]*|[a-zA-Z](?![a-zA-Z]))"
    r"|\\(?P<hidden>[hv]?phantom)\s*\{"
    r"|\\.|[{}]",
    re.DOTALL,
)
_BETWEEN = re.compile(
    r"(?:[\s$,;&*~]|\\[\[\]() ,;:!\\]|\\q?quad(?![a-zA-Z])|(?:and|or)\b"
    r"|\\(?:text|textrm|mbox|mathrm)\s*\{(?:[^{}]*\b(?:and|or)\b[^{}]*|[\s,;]*)\})*"
)
_MAX_BETWEEN = 80
_MAX_BOXES = 64
_COMMENT = re.compile(r"^[ \t]*%.*$|%[ \t$]*\\(?:boxed|fbox).*$", re.MULTILINE)


def read_boxed(text: str) -> Answer:
    """The content of the last balanced box; of boxes side by side, their contents as a list."""
    text = _visible(text)
    boxes, opened = _boxes(text)
    boxes = [box for box in boxes if text[box[2] : box[3]].strip()]
    if not boxes:
        return Answer(None, "format" if opened else "no_answer")
    last = boxes[-1]
    group = [last]
    for box in reversed(boxes[:-1]):
        if box[1] > group[0][0]:
            continue  # it encloses or lies inside one that is taken
        between = text[box[1] : group[0][0]]
        if len(between) > _MAX_BETWEEN or not _BETWEEN.fullmatch(between):
            break
        group.insert(0, box)
    contents = list(dict.fromkeys(text[start:end].strip(" \n") for _, _, start, end in group))
    return Answer(", ".join(contents))


def last_box_end(text: str) -> int:
    """Where the last balanced box ends, or 0 where there is none."""
    boxes, _ = _boxes(text)
    return boxes[-1][1] if boxes else 0


def _visible(text: str) -> str:
    """Without comments: what nobody sees on the page is no answer."""
    if "%" in text:
        text = _COMMENT.sub("", text)
    for opening, closing in (("<!--", "-->"), ("\\iffalse", "\\fi"), ("\\begin{comment}", "\\end{comment}")):
        if opening in text:
            text = _without_between(text, opening, closing)
    return text


def _without_between(text: str, opening: str, closing: str) -> str:
    kept, at = [], 0
    while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
        kept.append(text[at:start])
        at = end + len(closing)
    return "".join(kept) + text[at:]


def _boxes(text: str) -> tuple[list[tuple[int, int, int, int]], bool]:
    """The balanced boxes by their ends, and whether any was opened.

    A box is (start, end, start of content, end of content). One pass with a stack of open braces: linear
    however the braces nest. What a phantom hides is no box.
    """
    found: list[tuple[int, int, int, int]] = []
    stack: list[tuple[str, int, int]] = []
    opened = False
    for match in _BOX.finditer(text, _scan_start(text)):
        piece = match.group()
        if match["box"]:
            opened = True
            stack.append(("box", match.start(), match.end()))
        elif match["token"]:
            opened = True
            found.append((match.start(), match.end(), *match.span("token")))
        elif match["hidden"]:
            stack.append(("hidden", match.start(), len(found)))
        elif piece == "{":
            stack.append(("", 0, 0))
        elif piece == "}" and stack:
            kind, start, inner = stack.pop()
            if kind == "box":
                found.append((start, match.end(), inner, match.start()))
            elif kind == "hidden":
                del found[inner:]
    return _innermost(found), opened


def _scan_start(text: str) -> int:
    """Where the scan may start: before the last boxes, unless something earlier could hide them."""
    if "phantom" in text:
        return 0
    start = len(text)
    for _ in range(_MAX_BOXES):
        place = max(text.rfind("\\boxed", 0, start), text.rfind("\\fbox", 0, start))
        if place < 0:
            break
        start = place
    return start


def _innermost(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Without the boxes around other boxes: the inner one holds the answer."""
    kept: list[tuple[int, int, int, int]] = []
    for box in boxes:  # ordered by their ends, so that an outer box follows its inner ones
        if not (kept and kept[-1][0] > box[0]):
            kept.append(box)
    return kept


def read_json_output(text: str) -> Answer:
    """The field "output" of the last JSON object that has one; another value than text as JSON."""
    decoder = json.JSONDecoder()
    keys = list(_OUTPUT_KEY.finditer(text))[-8:]
    for match in reversed(keys):
        start = match.start()
        for _ in range(8):  # the object may hold others before the key
            start = text.rfind("{", 0, start)
            if start < 0:
                break
            try:
                value, end = decoder.raw_decode(text, start)
            except (ValueError, RecursionError):
                continue
            if end > match.start() and isinstance(value, dict) and "output" in value:
                output = value["output"]
                return Answer(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False))
    return Answer(None, "format" if keys else "no_answer")


_OUTPUT_KEY = re.compile(r'"output"\s*:')


def read_answer_tag(text: str) -> Answer:
    """What stands between the last pair of answer tags."""
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, end if end >= 0 else len(text))
    if start < 0:
        return Answer(None, "no_answer")
    if end < 0:
        return Answer(None, "format")
    return Answer(text[start + len("<answer>") : end].strip())


_FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*$", re.MULTILINE)


def read_fenced_code(text: str) -> Answer:
    """The content of the last closed fenced block."""
    last, opened = None, None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = match
        elif match.group(1).startswith(opened.group(1)):
            last = text[opened.end() + 1 : match.start()]
            opened = None
    if last is None:
        return Answer(None, "no_answer" if opened is None else "format")
    return Answer(last)


def read_bare(text: str) -> Answer:
    """The whole text."""
    stripped = text.strip()
    return Answer(stripped) if stripped else Answer(None, "no_answer")


READERS: dict[str, Callable[[str], Answer]] = {
    "boxed": read_boxed,
    "json_output": read_json_output,
    "answer_tag": read_answer_tag,
    "fenced_code": read_fenced_code,
    "bare": read_bare,
}
