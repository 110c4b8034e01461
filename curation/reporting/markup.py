"""HTML in which nothing a model wrote can become more than text.

Every piece of a page is made by `element`: what is not `Markup` itself is escaped, so that forgetting to
escape is not possible. No attribute ever takes a URL from the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

# Control characters would break the page or hide what is there; they are shown as their pictures.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_VOID = frozenset({"meta", "input", "br", "rect", "line", "path", "polyline"})
_NAME = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)


class Markup(str):
    """A text that is HTML already; only this module makes one of anything but another."""

    __slots__ = ()


Child = str | int | float | None | Iterable["Child"]
"""What an element may hold: text, numbers, markup, nothing, or several of these."""


def element(tag: str, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An HTML or SVG element.

    Args:
        tag: Its name, ours.
        children: What it holds; all but `Markup` is escaped.
        attributes: `class_` is `class`, and `_` within a name is `-`; None and False are left out, True is
            an attribute without a value.

    Raises:
        ValueError: If a name is none, or an attribute would run code.
    """
    parts = [tag, *(_attribute(name, value) for name, value in attributes.items())]
    opening = " ".join(part for part in parts if part)
    if not _NAME.fullmatch(tag):
        raise ValueError(f"{tag!r} is no element")
    return Markup(f"<{opening}/>" if tag in _VOID else f"<{opening}>{joined(children)}</{tag}>")


def joined(children: Iterable[Child]) -> Markup:
    """Children one after the other."""
    return Markup("".join(_child(child) for child in children))


def text(value: object) -> Markup:
    """A value as text: escaped, and without characters that control a terminal or the direction of reading."""
    visible = _CONTROL.sub(lambda found: chr(0x2400 + min(ord(found.group()), 0x21)), str(value))
    return Markup(escape(_DIRECTION.sub("\N{REPLACEMENT CHARACTER}", visible)))


def trusted(source: str) -> Markup:
    """A file of this package, such as the style sheet, as it is."""
    return Markup(source)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str | int | float):
        return text(child)
    return joined(child)


def _attribute(name: str, value: str | float | bool | None) -> str:
    written = name.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(written) or written.lower().startswith("on"):
        raise ValueError(f"{name!r} is no attribute of ours")
    if value is None or value is False:
        return ""
    return written if value is True else f'{written}="{text(value)}"'
