"""Repetition: when a completion says nothing new any more.

    detector = RepetitionDetector(RepetitionRule())
    for tokens in stream:
        if detector.extend(tokens):
            break                 # finish_reason "repetition", since detector.onset

One rule finds exact loops, loops whose rounds differ here and there, and paragraphs that come back in
another order: most of the last `window` items end a piece of `gram` items that stood there `times` times
before. It works on tokens and on characters alike, costs the same small time per item whatever the length,
and decides at every `step`-th item only, so that how a stream was cut into pieces changes nothing.

The numbers are measured (`benchmarks/repetition.py`): no right answer of the published responses at hand and
no table, long division, list or program of the self-made ones is cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genesys.errors import ConfigurationError

CHARACTERS_PER_TOKEN = 2.5
"""Of text with many numbers and formulas; prose has four, tables have two."""

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MASK = (1 << 64) - 1
_SLOTS_PER_ITEM = 8

_Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class RepetitionRule:
    """What counts as repetition; the defaults are for tokens.

    Attributes:
        gram: Items of a piece. Short ones come back in every table of zeros and ones.
        times: Sightings of a piece before it counts as old, each in a `step` of its own. At 1, who drafts
            a program and then writes it down would be cut.
        window: Last items that are looked at.
        share: Share of these that must end old pieces, in (0, 1].
        step: Items between two decisions; divides `window`.
    """

    gram: int = 24
    times: int = 2
    window: int = 2560
    share: float = 0.75
    step: int = 128

    def __post_init__(self) -> None:
        for name in ("gram", "times", "window", "step"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} of a repetition rule must be 1 or more")
        if not 0 < self.share <= 1:
            raise ConfigurationError(f"share of a repetition rule must lie in (0, 1], not {self.share}")
        if self.window % self.step or self.gram > self.step:
            raise ConfigurationError(
                f"step {self.step} of a repetition rule must divide window {self.window} "
                f"and hold a piece of {self.gram}"
            )

    def for_characters(self) -> RepetitionRule:
        """The rule for the characters of texts, where this one is for their tokens."""
        scale = CHARACTERS_PER_TOKEN
        return RepetitionRule(
            gram=round(self.gram * scale),
            times=self.times,
            window=round(self.step * scale) * (self.window // self.step),
            share=self.share,
            step=round(self.step * scale),
        )

    def identity(self) -> dict[str, Any]:
        """The rule as JSON types, for `Sampler.settings`: it decides where a text ends."""
        return asdict(self)


def rule_of(option: bool | Mapping[str, Any] | RepetitionRule | None) -> RepetitionRule | None:
    """The rule that a sampler's option `repetition` means: true is the usual one, false and None none.

    Raises:
        ConfigurationError: If a number is not the rule's, or makes no sense.
    """
    if isinstance(option, RepetitionRule):
        return option
    if not option:
        return None
    given = {} if option is True else dict(option)
    try:
        return RepetitionRule(**given)
    except TypeError as error:
        raise ConfigurationError(
            f"repetition={option!r} is no rule: {error}",
            "Give true, false, or some of gram, times, window, share and step.",
        ) from error


class RepetitionDetector:
    """Watches one sequence as it grows.

    It keeps a byte for each item and a table of fixed size, in which the newest pieces displace old ones.

    Args:
        rule: What counts as repetition.
    """

    def __init__(self, rule: RepetitionRule) -> None:
        self._rule = rule
        self._pending: list[Any] = []  # token ids, or single characters
        self._hashes = _RollingHash(rule.gram)
        self._sightings: _Sightings | None = None  # most completions are short
        self._counts: list[npt.NDArray[np.uint8]] = []
        self._old: deque[int] = deque(maxlen=rule.window // rule.step)
        self.onset: int | None = None

    @property
    def found(self) -> bool:
        """Whether the sequence has fallen into repetition."""
        return self.onset is not None

    def extend(self, items: Sequence[int] | str) -> bool:
        """Takes the next items, and says whether the sequence has fallen into repetition by now.

        Args:
            items: Token ids, or characters; always the same of the two.
        """
        if self.found:
            return True
        self._pending.extend(items)
        if len(self._pending) >= self._rule.step:
            self._work_off()
        return self.found

    def _work_off(self) -> None:
        step = self._rule.step
        whole = len(self._pending) // step * step
        words = _as_words(self._pending[:whole])
        del self._pending[:whole]
        for start in range(0, whole, step):
            self._block(words[start : start + step])
            if self.found:
                return

    def _block(self, items: _Words) -> None:
        if self._sightings is None:
            self._sightings = _Sightings(self._rule.window * _SLOTS_PER_ITEM)
        counts = self._sightings.add(self._hashes.extend(items))
        counts = np.concatenate([np.zeros(len(items) - len(counts), np.uint8), counts])
        self._counts.append(counts)
        self._old.append(int(np.count_nonzero(counts >= self._rule.times)))
        if sum(self._old) >= self._rule.share * self._rule.window:
            self.onset = self._find_onset()

    def _find_onset(self) -> int:
        """The first item from which on `share` of all items, or more, end pieces seen before."""
        seen = np.concatenate(self._counts) > 0
        from_here = np.cumsum(seen[::-1])[::-1] / np.arange(len(seen), 0, -1)
        starts = np.flatnonzero(seen & (from_here >= self._rule.share))
        return max(0, int(starts[0]) - self._rule.gram + 1)


def repetition_onset(items: Sequence[int] | str, rule: RepetitionRule) -> int | None:
    """Where a whole sequence falls into repetition, or None where it does not."""
    detector = RepetitionDetector(rule)
    detector.extend(items)
    return detector.onset


def _as_words(items: list[Any]) -> _Words:
    if isinstance(items[0], str):
        raw = "".join(items).encode("utf-32-le", "surrogatepass")
        return np.frombuffer(raw, np.uint32).astype(np.uint64)
    return np.asarray(items, dtype=np.int64).astype(np.uint64)


def _powers(base: int, count: int) -> _Words:
    found = np.full(count, base, np.uint64)
    found[0] = 1
    return np.cumprod(found, dtype=np.uint64)


def _mixed(words: _Words) -> _Words:
    """Spreads every bit over all of them (the finaliser of splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


class _RollingHash:
    """Hashes of the piece of `gram` items that ends at each item: sums of items times powers, modulo 2^64.

    A piece's hash is a difference of two running sums of x_i / base^i, shifted to the same power, so that
    a whole block is a handful of operations on arrays.
    """

    def __init__(self, gram: int) -> None:
        self._gram = gram
        self._sums = np.zeros(1, np.uint64)  # the running sums at the last `gram` items, and before the first
        self._shift, self._unshift = 1, 1

    def extend(self, items: _Words) -> _Words:
        """Hashes of the pieces that end in a block, first to last; none where a piece is incomplete."""
        size, gram = len(items), self._gram
        up, down = _powers_of(size)
        mixed = _mixed(items + np.uint64(1))
        new = np.cumsum(mixed * down * np.uint64(self._unshift), dtype=np.uint64) + self._sums[-1]
        sums = np.concatenate([self._sums, new])
        complete = len(sums) - gram
        ends = up[size - complete :] * np.uint64(self._shift) if complete > 0 else new[:0]
        hashes = (sums[gram:] - sums[:complete]) * ends if complete > 0 else new[:0]
        self._sums = sums[-gram:]
        self._shift = self._shift * pow(_BASE, size, 1 << 64) & _MASK
        self._unshift = self._unshift * pow(_INVERSE, size, 1 << 64) & _MASK
        return _mixed(hashes)


_POWERS: dict[int, tuple[_Words, _Words]] = {}


def _powers_of(size: int) -> tuple[_Words, _Words]:
    if size not in _POWERS:
        _POWERS[size] = _powers(_BASE, size), _powers(_INVERSE, size)
    return _POWERS[size]


class _Sightings:
    """How often pieces were seen, in a table that forgets: one place for each hash, the newest wins.

    Args:
        places: Size of the table at least.
    """

    def __init__(self, places: int) -> None:
        bits = max(4, (places - 1).bit_length())
        self._right = np.uint64(64 - bits)
        self._prints = np.zeros(1 << bits, np.uint32)
        self._counts = np.zeros(1 << bits, np.uint8)

    def add(self, hashes: _Words) -> npt.NDArray[np.uint8]:
        """Earlier sightings of each piece, those of the same block not counted; at most 255."""
        place = (hashes >> self._right).astype(np.intp)
        prints = hashes.astype(np.uint32)
        known = self._counts[place]
        known[self._prints[place] != prints] = 0
        self._prints[place] = prints
        self._counts[place] = np.minimum(known, 254) + np.uint8(1)
        return known
