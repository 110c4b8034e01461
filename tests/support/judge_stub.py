"""Judges for tests: what they were shown, and replies in the form that is asked for.

    with ChatServer(judging(lambda shown: 90), any_model=True) as server: ...

A stub reads the prompt as a model would: blocks between the lines with the receipt number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat_server import Asked, ChatServer, Reply

from genesys.schema import Problem

TASK_TYPE = "llm_judgeable_groundtruth_similarity"
Start = Callable[..., ChatServer]
"""Starts a judge and configures it: the fixture `judge` of tests/rewards/judging."""

_BLOCK = re.compile(
    r"^=== BEGIN ([A-Z ]+) ([0-9a-f]{16}) ===\n(.*?)\n=== END \1 \2 ===$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Shown:
    """What a judge was shown.

    Attributes:
        blocks: Name of the block -> its data, without the marks of the lines.
        receipt: The number of the question.
        words: The words it may reply with; empty where points are asked for.
        order: The names of the blocks in their order.
    """

    blocks: dict[str, str]
    receipt: str
    words: tuple[str, ...]
    order: tuple[str, ...]

    @property
    def candidate(self) -> str:
        return self.blocks["CANDIDATE"]

    @property
    def reference(self) -> str:
        return self.blocks["REFERENCE"]


def shown_to(asked: Asked) -> Shown:
    """Reads a request."""
    blocks, receipts = {}, set()
    for name, receipt, body in _BLOCK.findall(asked.content):
        blocks[name] = "\n".join(
            line[2:].removeprefix(" ") if line.startswith("|! ") else line[2:] for line in body.split("\n")
        )
        receipts.add(receipt)
    (receipt,) = receipts
    form = asked.content.rsplit("Reply with", 1)[1]
    words = re.search(r'"verdict": ([A-Z]+(?: or [A-Z]+)*)', form)
    return Shown(blocks, receipt, tuple(words.group(1).split(" or ")) if words else (), tuple(blocks))


def reply_json(shown: Shown, value: float | str, **more: object) -> str:
    """A well-formed reply."""
    decides = "verdict" if isinstance(value, str) else "score"
    return json.dumps({"receipt": shown.receipt, "explanation": "because", decides: value, **more})


def judging(decide: Callable[[Shown], float | str]) -> Callable[[Asked, int], str | Reply]:
    """An answer function for the server: the decision in a well-formed reply."""

    def answer(asked: Asked, index: int) -> str:
        shown = shown_to(asked)
        return reply_json(shown, decide(shown))

    return answer


def share_of_lines(shown: Shown) -> float:
    """An honest if simple judge: the share of the reference's lines that the candidate has."""
    wanted = [line.strip() for line in shown.reference.split("\n") if line.strip()]
    had = {line.strip() for line in shown.candidate.split("\n")}
    return round(100 * sum(line in had for line in wanted) / len(wanted))


def question(gold: str = "blue light\nis scattered", number: int = 0, **more: Any) -> Problem:
    """A problem for a judge."""
    return Problem(
        problem_id=f"q{number}",
        source="tests",
        task_type=TASK_TYPE,
        prompt=f"Why is the sky blue? ({number})",
        verification_info=more.pop("verification_info", {}),
        gold_standard_solution=gold,
        **more,
    )
