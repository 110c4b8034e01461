r"""Where an answer stands in a completion, and how to read it there.

An `answer_format` is a parameter of a verifier:

    boxed        the last balanced \boxed{...}
    json_output  the field "output" of the last JSON object
    answer_tag   between the last <answer> and </answer>
    fenced_code  the last fenced code block
    bare         the whole answer, for other people's text

All readers see the text after the last `</think>` only and take time linear in its length.
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


def read_answer(text: str, formats: tuple[str, ...]) -> Answer:
    """Reads the answer in the first of the formats that finds one."""
    answer = split_reasoning(text).answer
    if answer is None:
        return Answer(None, "truncated")
    tail = answer[-MAX_ANSWER:]
    cause = "no_answer"
    for name in formats:
        found = READERS[name](tail)
        if found.text is not None:
            return found
        if found.cause == "format":
            cause = "format"
    return Answer(None, cause)


_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")


def read_boxed(text: str) -> Answer:
    """The content of the last balanced box."""
    for start in reversed([match.end() for match in _BOX.finditer(text)]):
        end = _closing_brace(text, start)
        if end is not None:
            return Answer(text[start:end].strip())
    return Answer(None, "format" if _BOX.search(text) else "no_answer")


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for match in _BRACE.finditer(text, start):
        brace = match.group()
        if brace == "{":
            depth += 1
        elif brace == "}":
            depth -= 1
            if depth == 0:
                return match.start()
    return None


_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def read_json_output(text: str) -> Answer:
    """The field "output" of the last JSON object that has one; another value than text as JSON."""
    decoder = json.JSONDecoder()
    for match in reversed(list(_OUTPUT_KEY.finditer(text))[-8:]):
        start = text.rfind("{", 0, match.start() + 1)
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and "output" in value:
            output = value["output"]
            return Answer(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False))
    return Answer(None, "format" if _OUTPUT_KEY.search(text) else "no_answer")


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
