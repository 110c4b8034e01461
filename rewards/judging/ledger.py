"""What the judges of this process were asked, what of it cost a call, and what it cost."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from genesys.openai_client.ledger import Ledger

_COUNTERS = ("questions", "cached", "shared", "judged", "repaired", "failed", "checked", "agreed")


@dataclass(kw_only=True)
class JudgeLedger:
    """Counters of a process, updated by the threads of its graders.

    Attributes:
        questions: Questions to one judge: samples and swapped orders count each.
        cached: Of these, answered from the cache.
        shared: Of these, waited for with somebody who had just asked the same.
        judged: Of these, answered by a judge.
        repaired: Of the judged ones, those whose first reply could not be read.
        failed: Of the questions, those without an answer.
        checked: Certain verdicts on mathematics that a judge was asked about as well.
        agreed: Of these, those that the judge confirmed.
    """

    questions: int = 0
    cached: int = 0
    shared: int = 0
    judged: int = 0
    repaired: int = 0
    failed: int = 0
    checked: int = 0
    agreed: int = 0
    _clients: list[Ledger] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *names: str) -> None:
        """Adds one to each of the counters."""
        with self._lock:
            for name in names:
                setattr(self, name, getattr(self, name) + 1)

    def follow(self, client: Ledger) -> None:
        """Takes in what a client counts, also after it is closed."""
        with self._lock:
            self._clients.append(client)

    def snapshot(self) -> dict[str, Any]:
        """The counters with the calls, retries, tokens and cost of all clients, as a plain dict."""
        with self._lock:
            sums: dict[str, Any] = {name: getattr(self, name) for name in _COUNTERS}
            costs = [cost for client in self._clients if (cost := client.cost) is not None]
            for name in ("calls", "retries", "prompt_tokens", "completion_tokens"):
                sums[name] = sum(getattr(client, name) for client in self._clients)
        return sums | {"cost": round(sum(costs), 9) if costs else None}


_ledger = JudgeLedger()


def judge_ledger() -> JudgeLedger:
    """The ledger of this process."""
    return _ledger


def start_anew() -> None:
    """In a forked child: what the parent has counted, and its lock, are the parent's."""
    global _ledger
    _ledger = JudgeLedger()
