"""Paging through traces: a page at a time with keys in a terminal, one page as plain text elsewhere."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from genesys.cli.console import stdout
from genesys.cli.trace_panel import panel

if TYPE_CHECKING:
    from genesys.curation.browsing import RunBook
    from genesys.curation.browsing_rows import Places

_KEYS = "n next · p back · g first · G last · f fold/unfold · q quit"
_ARROWS = {"[C": "n", "[B": "n", "[6~": "n", "[D": "p", "[A": "p", "[5~": "p", "[H": "g", "[F": "G"}
_ENDS = ("q", "\x03", "\x04", "")


@dataclass(kw_only=True)
class Pages:
    """The traces that were found, by pages.

    Attributes:
        book: Reads them.
        places: Which, in order.
        size: Traces on a page.
        mark: A text to set off.
    """

    book: RunBook
    places: Places
    size: int
    mark: str | None = None

    @property
    def count(self) -> int:
        """How many pages there are."""
        return -(-len(self.places) // self.size) if self.size else 0

    def print(self, number: int, *, fold: bool) -> None:
        """Prints a page, from 1."""
        for trace in self.book.read(self.places[(number - 1) * self.size : number * self.size]):
            stdout.print(panel(trace, trace.verifier or self.book.verifier or "", fold=fold, mark=self.mark))

    def foot(self, number: int) -> str:
        """Where one is."""
        return f"page {number:,} of {self.count:,}, {len(self.places):,} traces"


def is_interactive() -> bool:
    """Whether somebody sits there: keys come from a terminal, and what is printed goes to one."""
    return sys.stdin.isatty() and stdout.is_terminal and os.environ.get("TERM") != "dumb"


def page_through(pages: Pages, number: int) -> None:
    """Shows page after page until somebody has seen enough.

    Args:
        pages: What to show.
        number: Of the first page to show, from 1.
    """
    fold = True
    stdout.print(Text(f"{pages.foot(number)}   press a key to read them, q to end", style="reverse"))
    if _key() in _ENDS:
        return
    while True:
        stdout.clear()
        pages.print(number, fold=fold)
        stdout.print(Text(f"{pages.foot(number)}   {_KEYS}", style="reverse"))
        key = _key()
        if key in _ENDS:
            return
        if key == "f":
            fold = not fold
        number = moved(number, key, pages.count)


def moved(number: int, key: str, count: int) -> int:
    """The page to which a key leads."""
    to = {"n": number + 1, " ": number + 1, "\r": number + 1, "\n": number + 1, "j": number + 1}
    to |= {"p": number - 1, "k": number - 1, "b": number - 1, "g": 1, "G": count}
    return min(max(to.get(key, number), 1), count)


def _key() -> str:
    """One key; arrows and page keys as the letters that do the same."""
    descriptor = sys.stdin.fileno()
    with _unbuffered(descriptor):
        pressed = os.read(descriptor, 8).decode(errors="ignore")
    if pressed.startswith("\x1b") and len(pressed) > 1:
        return _ARROWS.get(pressed[1:], "?")
    return pressed[:1]


@contextmanager
def _unbuffered(descriptor: int) -> Iterator[None]:
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)  # keys pressed while a page was drawn count
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
