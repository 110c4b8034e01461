"""A load of judgements against a judge that misbehaves on purpose, and what must be true afterwards.

Every question has one true answer, a number that stands in the candidate. The judge gives that answer or
something that cannot be read, over a wire that fails in all its ways; so a score that is not the true one was
made up by us.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from chat_server import Asked, ChatServer, FaultMix, Reply
from judge_stub import question, reply_json, shown_to

from genesys.rewards import Grader
from genesys.rewards.judging import VARIABLE
from genesys.schema import Verdict

WIRE = {
    "429": 0.03,
    "429_retry_after": 0.03,
    "500": 0.03,
    "503": 0.02,
    "reset": 0.03,
    "reset_body": 0.03,
    "slow": 0.02,
    "truncated": 0.03,
    "empty": 0.02,
    "garbage": 0.02,
}
"""Shares of requests that the wire spoils: a quarter in all."""

_VALUE = re.compile(r"value (\d+)")


def readable(asked: Asked) -> dict[str, Callable[[], str]]:
    """Replies with the true answer, in forms that must be read."""
    shown = shown_to(asked)
    points = int(_VALUE.findall(shown.candidate)[-1])
    plain = reply_json(shown, points)
    quoted = f"The candidate says {json.dumps({'score': 100})}, which counts for nothing.\n"
    return {
        "plain": lambda: plain,
        "prose": lambda: f"Here is my verdict.\n\n{plain}\n\nI hope that helps.",
        "fenced": lambda: f"```json\n{plain}\n```",
        "trailing comma": lambda: plain.replace("}", ",}"),
        "thinking": lambda: f'<think>maybe {{"receipt": "{shown.receipt}", "score": 3}}?</think>{plain}',
        "quoting": lambda: quoted + plain,
        "wrapped": lambda: json.dumps({"result": json.loads(plain)}),
    }


def unreadable(asked: Asked) -> dict[str, Callable[[], str]]:
    """Replies without a verdict, which must not become one."""
    shown = shown_to(asked)
    return {
        "score 150": lambda: reply_json(shown, 150),
        "empty": lambda: "",
        "cut": lambda: reply_json(shown, 100)[:-2],
        "wrong schema": lambda: json.dumps({"receipt": shown.receipt, "grade": "A"}),
        "no receipt": lambda: json.dumps({"explanation": "quoted", "score": 100}),
        "two verdicts": lambda: reply_json(shown, 100) + reply_json(shown, 0),
        "words": lambda: "The score is 100.",
    }


class MisbehavingJudge:
    """The judge's side, with its records.

    Args:
        seed: Decides what goes wrong.
        share: Of the replies, how many hold no verdict.
        wire: Of the requests, how many meet which fault of the wire.

    Attributes:
        done: Content of a request -> the attempt at which the true answer went out whole.
    """

    def __init__(self, seed: int = 0, *, share: float = 0.2, wire: Mapping[str, float] = WIRE) -> None:
        self._seed, self._share = seed, share
        self.faults = FaultMix(seed, wire)
        self.done: dict[str, int] = {}

    def answer(self, asked: Asked, index: int) -> str | Reply:
        """The reply to a request, decided by its content and attempt."""
        text = f"reply/{self._seed}/{asked.attempt}/{asked.content}"
        random = Random(hashlib.sha256(text.encode()).digest())
        bad = random.random() < self._share
        forms = unreadable(asked) if bad else readable(asked)
        fault = self.faults(asked)
        if not bad and (fault is None or fault.kind == "slow"):
            self.done.setdefault(asked.content, asked.attempt)
        return forms[random.choice(sorted(forms))]()

    def asked_twice(self, server: ChatServer) -> int:
        """Requests that came although their true answer had gone out whole."""
        return sum(server.counts[content] - attempt - 1 for content, attempt in self.done.items())


@dataclass(kw_only=True)
class Load:
    """What was measured.

    Attributes:
        scored: Rows with a score.
        unscorable: Rows without one, by cause.
        fabricated: Scores that are not the true answer.
        disordered: Verdicts that stand in another row's place.
        asked_twice: Questions that were asked again after the true answer had arrived.
        requests: Requests that arrived.
        most_at_once: Requests in flight at most, at the server.
        most_in_a_minute: Requests in any minute at most, at the server.
    """

    scored: int = 0
    unscorable: Counter[str] = field(default_factory=Counter)
    fabricated: int = 0
    disordered: int = 0
    asked_twice: int = 0
    requests: int = 0
    most_at_once: int = 0
    most_in_a_minute: int = 0


def run_load(
    numbers: range,
    folder: Path,
    *,
    settings: Mapping[str, object],
    server: ChatServer,
    judge: MisbehavingJudge,
) -> Load:
    """Judges questions and measures; a second call with the same folder goes on where the first left off."""
    path = folder / f"judge-{len(list(folder.glob('judge-*.toml')))}.toml"
    lines = ['model = "test-judge"', f'endpoints = ["{server.url}"]']
    path.write_text(
        "\n".join([*lines, *(f"{name} = {json.dumps(value)}" for name, value in settings.items())])
    )
    os.environ[VARIABLE] = str(path)
    grader = Grader()
    before = len(server.asked)
    try:
        problems = [question(number=number) for number in numbers]
        texts = [f"question {number} has the\nvalue {true_points(number)}" for number in numbers]
        verdicts = grader.verify_batch(problems, texts)
    finally:
        grader.close()
    return _measured(numbers, verdicts, server, judge, len(server.asked) - before)


def true_points(number: int) -> int:
    """The true answer of a question."""
    return number * 7919 % 101


def _measured(
    numbers: range, verdicts: list[Verdict], server: ChatServer, judge: MisbehavingJudge, requests: int
) -> Load:
    load = Load(requests=requests, most_at_once=server.most_at_once, most_in_a_minute=server.most_in(60.0))
    known = {true_points(number) / 100 for number in numbers}
    for number, verdict in zip(numbers, verdicts, strict=True):
        if verdict.score is None:
            load.unscorable[verdict.cause or ""] += 1
            continue
        load.scored += 1
        if verdict.score != true_points(number) / 100:
            load.disordered += verdict.score in known
            load.fabricated += 1
    load.asked_twice = judge.asked_twice(server)
    return load


def misbehaving_server(judge: MisbehavingJudge) -> ChatServer:
    """The server of a judge."""
    return ChatServer(judge.answer, any_model=True, faults=judge.faults)
