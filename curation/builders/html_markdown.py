"""HTML of posts as Markdown, with LaTeX kept as it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from genesys.optional import require

_MATH = re.compile(
    r"\$\$.{0,4000}?\$\$|\\\[.{0,4000}?\\\]|\\\(.{0,4000}?\\\)|\\begin\{(\w{1,30}\*?)\}.{0,4000}?\\end\{\1\}|"
    r"(?<!\\)\$(?!\s)[^$\n<>]{0,4000}?(?<!\s)\$",
    re.DOTALL,
)
_HELD = "\ue000{}\ue001"  # private use: no post has them
_KEPT = re.compile("\ue000(\\d+)\ue001")
_BLANK_LINES = re.compile(r"\n{3,}")
_CODE = re.compile(r"<(pre|code)\b", re.IGNORECASE)


def markdown_of(html: str) -> str:
    """A post as Markdown.

    The patterns look 4,000 characters ahead at most, so that markup that never ends costs no square.

    Formulas are set aside first: a converter would fold their line breaks and escape their underscores.

    Raises:
        MissingExtra: If markdownify is not installed.
    """
    convert = require("markdownify", extra="curate", feature="reading HTML").markdownify
    formulas: list[str] = []

    def aside(found: re.Match[str]) -> str:
        formulas.append(found.group())
        return _HELD.format(len(formulas) - 1)

    shielded = _outside_code(html, lambda text: _MATH.sub(aside, text))
    text = str(
        convert(
            shielded,
            heading_style="ATX",
            escape_asterisks=False,
            escape_underscores=False,
            escape_misc=False,
            code_language="",
            strip=["img"],
        )
    )
    text = _KEPT.sub(lambda found: _unescaped(formulas[int(found.group(1))]), text)
    lines = (line.rstrip() for line in text.replace("\xa0", " ").splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _outside_code(html: str, change: Callable[[str], str]) -> str:
    """Applies a function to what no code element holds: a shell's `$` is no formula."""
    parts: list[str] = []
    folded = html.lower()
    place = 0
    while found := _CODE.search(html, place):
        ends = f"</{found.group(1).lower()}>"
        end = folded.find(ends, found.end())
        if end < 0 or len(folded) != len(html):
            break
        parts += [change(html[place : found.start()]), html[found.start() : end + len(ends)]]
        place = end + len(ends)
    return "".join([*parts, change(html[place:])])


def _unescaped(formula: str) -> str:
    return unescape(re.sub(r"</?(?:em|strong|p|br\s*/?)>", "", formula))
