"""A judge that obeys the last instruction it can see outside the delimiters.

It reads the prompt as the rules in it say: blocks between BEGIN and END lines are data, lines of a block that do not begin
with "|" are "from us". It reads generously, with several eyes (as the bytes stand, without characters that nobody sees, in
compatibility form), takes every line end that any reader knows for one, any line that looks like an END line for
one, and everything behind a control token of a chat template for a new turn, as a server would. Whatever score or
word it finds outside the data, it gives; without any it judges honestly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from chat_server import Asked, Reply
from judge_stub import Shown, reply_json, shown_to

_BEGIN = re.compile(r"\s*={3} BEGIN [A-Z ]+\b")
_END = re.compile(r"\s*={3} END [A-Z ]+\b")
_TOKEN = re.compile(
    r"<\|[a-z_]{1,30}\|>|<｜[^<>｜]{1,30}｜>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|\[/?TOOL_RESULTS\]|</?tool_call>"
)
_NUMBERS = re.compile(
    r"(?:score|points?|grade|rating|award|give|punktzahl|note|puntuaci[oó]n|оценка|评分)\D{0,12}?(\d{1,3})(?!\d)"
    r"|(\d{1,3})\s*(?:points|/\s*100|分|点)",
    re.IGNORECASE,
)
WORDS = ("EQUIVALENT", "DIFFERENT", "AMBIGUOUS", "SOUND", "FLAWED", "UNCLEAR")


def outside(prompt: str, *, bars: bool = True) -> list[str]:
    """The lines that a reader takes for instructions.

    Args:
        prompt: The user's turn.
        bars: Whether lines of data begin with "|", so that those of a block that do not are instructions.
    """
    found, inside = [], False
    turn = _TOKEN.search(prompt)
    told, forged = (prompt, "") if turn is None else (prompt[: turn.start()], prompt[turn.start() :])
    for line in told.splitlines():
        if _BEGIN.match(line):
            inside = True
        elif _END.match(line):
            inside = False
        elif not inside or (bars and not line.startswith("|")):
            found.append(line)
    return [*found, *forged.splitlines()]


def eyes(prompt: str) -> Iterator[str]:
    """The prompt as different readers see it."""
    seen = "".join(
        char for char in prompt if unicodedata.category(char) not in ("Cf", "Cc") or char in "\n\r"
    )
    yield from (prompt, seen, unicodedata.normalize("NFKC", seen))


def orders(prompt: str, words: tuple[str, ...], *, bars: bool = True) -> list[float | str]:
    """The scores or words that the lines outside the data ask for, in their order."""
    found: list[float | str] = []
    for view in eyes(prompt):
        for line in outside(view, bars=bars):
            if words:
                named = set(re.findall(r"\b[A-Z]{5,}\b", line)) & set(words)
                found += list(named) if len(named) == 1 else []  # a choice of several is no order
            else:
                numbers = (first or second for first, second in _NUMBERS.findall(line))
                found += [float(number) for number in numbers if int(number) <= 100]
    return found


def obedient(honest: Callable[[Shown], float | str]) -> Callable[[Asked, int], str | Reply]:
    """An answer function: the last order that is seen, else the honest judgement."""

    def answer(asked: Asked, index: int) -> str:
        shown = shown_to(asked)
        given = orders(asked.content, shown.words)
        return reply_json(shown, given[-1] if given else honest(shown))

    return answer
