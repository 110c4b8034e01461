"""Rows from many tasks, gathered into batches for threads that compute them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from genesys.errors import GenesysError

T = TypeVar("T")

SHORTEST = 32
"""Tokens that every prompt is padded to at least."""

HALF_STEPS_ABOVE = 256
"""Beyond so many tokens there is a padded length between each two powers of two."""

PATIENCE = 4
"""Full batches of other sizes that may overtake the row that waits longest."""


class Mailbox(Generic[T]):
    """Carries items from any thread to the asyncio task that made the mailbox."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[T | GenesysError] = asyncio.Queue()
        self.abandoned = False

    def post(self, item: T | GenesysError) -> None:
        """Puts an item in; one that nobody waits for any more is dropped."""
        if self.abandoned:
            return
        try:
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)
        except RuntimeError:  # the loop has ended, and its tasks with it
            self.abandoned = True

    async def take(self) -> T:
        """Waits for the next item.

        Raises:
            GenesysError: A new one for each taker, if an error was posted.
        """
        item = await self._items.get()
        if isinstance(item, GenesysError):
            raise type(item)(item.fault, item.remedy) from item
        return item


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One completion to sample.

    Attributes:
        prompt: Token ids of the rendered prompt.
        opened: The open think tag that the prompt ends with, or "".
        problem_id: The problem.
        sample_index: Its place in the group.
        seed: Decides its tokens.
        max_tokens: The most tokens it may have, those said already included; at most what the context leaves.
        mailbox: Where its sample goes.
        said: Tokens of a truncated sample that it goes on from.
        said_logprobs: Their log-probabilities, where kept.
        said_text: The text they came from, where they were made from one; else None.
    """

    prompt: tuple[int, ...]
    opened: str
    problem_id: str
    sample_index: int
    seed: int
    max_tokens: int
    mailbox: Mailbox[Any] = field(repr=False)
    said: tuple[int, ...] = ()
    said_logprobs: tuple[float, ...] = ()
    said_text: str | None = None

    @property
    def known(self) -> tuple[int, ...]:
        """All tokens that the model reads before it samples one."""
        return self.prompt + self.said


def padded_length(tokens: int) -> int:
    """The length that a prompt is padded to: 32, 64, 128, 256, 384, 512, 768, 1024, 1536, ...

    It is a function of the prompt's own length, as company must not decide it, and has few values, so that
    batches fill. It is always longer than the prompt: transformers drops an attention mask in which nothing
    is masked and calls another kernel, and with a padded place in every row no neighbour decides which.
    """
    power = max(SHORTEST, 1 << tokens.bit_length())
    between = power * 3 // 4
    return between if power > HALF_STEPS_ABOVE and tokens < between else power


class BatchQueue:
    """Waiting rows, given out as batches of one padded prompt length.

    A batch goes out when it is full, or when no row has arrived for a moment. Rows of one length leave in
    the order of their arrival.

    Args:
        batch_size: Rows of a full batch.
        idle_seconds: How long without a new row before a batch leaves that is not full.
    """

    def __init__(self, *, batch_size: int, idle_seconds: float) -> None:
        self._batch_size = batch_size
        self._idle_seconds = idle_seconds
        self._waiting: dict[int, deque[tuple[int, Row]]] = {}
        self._arrivals = 0
        self._last_arrival = 0.0
        self._overtaken = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, rows: Iterable[Row]) -> bool:
        """Adds rows; False where the queue is closed and takes none."""
        with self._changed:
            if self._closed:
                return False
            for row in rows:
                length = padded_length(len(row.prompt) + len(row.said))
                self._waiting.setdefault(length, deque()).append((self._arrivals, row))
                self._arrivals += 1
            self._last_arrival = time.monotonic()
            self._changed.notify()
            return True

    def take(self) -> tuple[int, list[Row]] | None:
        """Waits for a batch: its padded prompt length and its rows; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                self._drop_abandoned()
                length = self._ready()
                if length is not None:
                    return length, self._leave(length)
                self._changed.wait(self._time_to_idle())
            return None

    def close(self) -> list[Row]:
        """Ends all waiting and returns the rows that no batch took."""
        with self._changed:
            self._closed = True
            left = [row for rows in self._waiting.values() for _, row in rows]
            self._waiting.clear()
            self._changed.notify_all()
            return left

    def _time_to_idle(self) -> float | None:
        if not self._waiting:
            return None
        return max(0.0, self._last_arrival + self._idle_seconds - time.monotonic())

    def _ready(self) -> int | None:
        """The length whose batch leaves now: the oldest full one, or the oldest of all when idle."""
        if not self._waiting:
            return None
        oldest = min(self._waiting, key=lambda length: self._waiting[length][0][0])
        if self._time_to_idle() == 0.0 or self._overtaken >= PATIENCE:
            self._overtaken = 0
            return oldest
        full = [length for length, rows in self._waiting.items() if len(rows) >= self._batch_size]
        if not full:
            return None
        first = min(full, key=lambda length: self._waiting[length][0][0])
        self._overtaken = self._overtaken + 1 if first != oldest else 0
        return first

    def _leave(self, length: int) -> list[Row]:
        rows = self._waiting[length]
        batch = [rows.popleft()[1] for _ in range(min(self._batch_size, len(rows)))]
        if not rows:
            del self._waiting[length]
        return batch

    def _drop_abandoned(self) -> None:
        for length, rows in list(self._waiting.items()):
            kept = deque(entry for entry in rows if not entry[1].mailbox.abandoned)
            if kept:
                self._waiting[length] = kept
            else:
                del self._waiting[length]
