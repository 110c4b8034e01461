r"""The program in a completion: the last fenced block of the asked language after `</think>`.

    ```python          a fence is three or more backticks or tildes; its first word is the language
    print("```")       a fence in a string is text
    ```

A block without a language counts where none has the asked one. A block that the text ends in counts too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from genesys.rewards.answers import Answer
from genesys.rewards.sandbox.languages import LANGUAGES
from genesys.schema import split_reasoning

MAX_PROGRAM = 1_000_000
"""Characters of an answer that are read; a longer one is no program."""
MAX_MISREAD = 16
"""Blocks whose literals never end after which literals are left aside: each costs a look at all the rest."""


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        tag: First word of what stands behind the fence, in lower case; "" where there is none.
        text: Its content, without the indentation of its fence.
    """

    tag: str
    text: str


def read_program(text: str, language: str, answer_format: str = "fenced_code") -> Answer:
    """Reads the program of a completion.

    Args:
        text: The completion's canonical text.
        language: The language that the problem asks for.
        answer_format: `fenced_code`, or `bare` for the whole answer.

    Returns:
        The program, or the cause: `truncated`; `no_answer` where there is no block; `format` where there
        are only blocks in other languages, or an empty one.
    """
    answer = split_reasoning(text).answer
    if answer is None:
        return Answer(None, "truncated")
    if len(answer) > MAX_PROGRAM:
        return Answer(None, "format")
    if answer_format == "bare":
        return Answer(answer) if answer.strip() else Answer(None, "no_answer")
    blocks = list(fenced_blocks(answer, language))
    if not blocks:
        return Answer(None, "no_answer")
    tags = LANGUAGES[language].tags
    chosen = [block for block in blocks if block.tag in tags] or [block for block in blocks if not block.tag]
    if not chosen or not chosen[-1].text.strip():
        return Answer(None, "format")
    return Answer(chosen[-1].text)


_OPENING = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([^\n]*)$", re.MULTILINE)


def fenced_blocks(text: str, language: str) -> Iterator[Block]:
    """All fenced blocks, in time linear in the text.

    Args:
        text: Markdown.
        language: Whose string literals may hold fences, in blocks with its tag or without any.
    """
    at, misread = 0, 0
    fences = [match for match in _OPENING.finditer(text) if _may_open(match)]
    for opening in fences:
        if opening.start() < at:
            continue  # inside the block before
        tag = _tag(opening.group(3))
        start = min(opening.end() + 1, len(text))
        own = not tag or tag in LANGUAGES[language].tags
        strings = language if own and misread < MAX_MISREAD else ""
        end, at, plain = _closing(text, start, opening.group(2), strings)
        misread += plain
        yield Block(tag, _dedented(text[start:end], opening.group(1)))


def _may_open(match: re.Match[str]) -> bool:
    """Whether a line of backticks is a fence: inline code has backticks further on."""
    return match.group(2)[0] == "~" or "`" not in match.group(3)


_WORD = re.compile(r"[\w+#.-]+")


def _tag(info: str) -> str:
    word = _WORD.search(info.lower().lstrip("{. "))
    return word.group().strip(".") if word else ""


def _closing(text: str, start: int, fence: str, language: str) -> tuple[int, int, bool]:
    """Where a block's content ends, where the text goes on, and whether literals were misread."""
    closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*\r?$", re.MULTILINE)
    first, at = None, start
    for match in closing.finditer(text, start):
        first = first or match
        if match.start() < at:
            continue  # in the literal that was met at the candidate before
        opened = _open_literal(text, at, match.start(), language)
        if opened is None:
            return match.start(), match.end(), False
        at = _literal_end(text, opened, language)
    if first is not None:  # a literal that never ends is no literal: the plain rule holds
        return first.start(), first.end(), True
    return len(text), len(text), False


def _open_literal(text: str, start: int, end: int, language: str) -> int | None:
    """Where a literal or comment begins that is still open at `end`, the beginning of a line, or None.

    No literal on one line can end there, and none over several lines ends with a line break.
    """
    if not language:
        return None
    begin = None
    for match in _SCANNERS[language].finditer(text, start, end):
        begin = match.start() if match.end() == end else None
    return begin


def _literal_end(text: str, begin: int, language: str) -> int:
    match = _SCANNERS[language].match(text, begin)
    return len(text) if match is None else match.end()


_END = r"(?=\n)|\\?\Z"  # of a literal on one line that lacks its quote: no literal is scanned twice
_LITERALS = {
    "python": rf"""#[^\n]*+|\"\"\".*?(?:\"\"\"|\Z)|\'\'\'.*?(?:\'\'\'|\Z)"""
    rf"""|\"(?:\\.|[^\"\\\n])*+(?:\"|{_END})|'(?:\\.|[^'\\\n])*+(?:'|{_END})""",
    "javascript": rf"""//[^\n]*+|/\*.*?(?:\*/|\Z)|`(?:\\.|[^`\\])*+(?:`|\\?\Z)"""
    rf"""|\"(?:\\.|[^\"\\\n])*+(?:\"|{_END})|'(?:\\.|[^'\\\n])*+(?:'|{_END})""",
    "cpp": rf"""//[^\n]*+|/\*.*?(?:\*/|\Z)|R\"([^\s()\\]{{0,16}})\(.*?(?:\)\1\"|\Z)"""
    rf"""|\"(?:\\.|[^\"\\\n])*+(?:\"|{_END})|'(?:\\.|[^'\\\n])*+(?:'|{_END})""",
    "rust": r"""//[^\n]*+|/\*.*?(?:\*/|\Z)|r(#{1,8})\".*?(?:\"\1|\Z)"""
    r"""|\"(?:\\.|[^\"\\])*+(?:\"|\\?\Z)|'(?:\\[^\n]{1,10}|[^'\\\n])'""",
}
_SCANNERS = {language: re.compile(pattern, re.DOTALL) for language, pattern in _LITERALS.items()}


def _dedented(content: str, indentation: str) -> str:
    """The content without the indentation that its fence has, in a list for example."""
    if not indentation:
        return content
    return re.sub(rf"^[ \t]{{1,{len(indentation)}}}", "", content, flags=re.MULTILINE)
