"""Contamination: prompts that share a run of words with a test problem.

Words are compared without case, spacing and punctuation. A prompt is contaminated if any of its runs of
eight words is a test problem's; a test of fewer words counts where the prompt is that test and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from genesys.curation.words import normal, placed_words, word_list

WORDS = 8
_PASSAGE = 300
"""Characters of a passage that are shown."""


@dataclass(frozen=True, kw_only=True)
class TestProblem:
    """A problem that a model will be tested on.

    Attributes:
        name: Set and number or id: "aime24#3".
        text: Its statement.
    """

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Match:
    """What a prompt shares with a test.

    Attributes:
        test: Name of the test problem.
        passage: The longest shared run, as it stands in the prompt.
        words: Its length.
    """

    test: str
    passage: str
    words: int


class TestIndex:
    """The runs of words of test problems.

    Args:
        tests: The problems.
        words: Length of a run.
        boilerplate: A run that stands in this many different tests, or more, is a phrase of the trade and no
            sign of contamination; None counts all.
    """

    def __init__(
        self, tests: Sequence[TestProblem], *, words: int = WORDS, boilerplate: int | None = None
    ) -> None:
        self._words = words
        self._names: list[str] = []
        self._runs: dict[str, int] = {}
        self._short: dict[str, int] = {}
        times: Counter[str] = Counter()
        seen: set[str] = set()
        for test in tests:
            found = word_list(test.text)
            whole = " ".join(found)
            if not found or whole in seen:
                continue
            seen.add(whole)
            number = len(self._names)
            self._names.append(test.name)
            if len(found) < words:
                self._short[whole] = number
            runs = set(_runs(found, words))
            times.update(runs)
            for run in runs:
                self._runs.setdefault(run, number)
        for run, count in times.items():
            if boilerplate is not None and count >= boilerplate:
                del self._runs[run]

    def __len__(self) -> int:
        """How many different tests there are."""
        return len(self._names)

    def match(self, text: str) -> Match | None:
        """What a prompt shares with the tests, or None."""
        found = word_list(text)
        short = self._short.get(" ".join(found)) if len(found) < self._words else None
        if short is not None:
            return Match(test=self._names[short], passage=_shown(normal(text)), words=len(found))
        hits = [self._runs.get(run) for run in _runs(found, self._words)]
        if not any(hit is not None for hit in hits):
            return None
        test = Counter(hit for hit in hits if hit is not None).most_common(1)[0][0]
        start, end = _longest([hit == test for hit in hits])
        placed = placed_words(text)
        last = placed[end + self._words - 1]
        passage = normal(text)[placed[start].start : last.end]
        return Match(test=self._names[test], passage=_shown(passage), words=end - start + self._words)


def _runs(words: Sequence[str], size: int) -> Iterable[str]:
    return (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))


def _longest(hits: Sequence[bool]) -> tuple[int, int]:
    """First and last place of the longest run of hits."""
    best = (0, -1)
    start = 0
    for place, hit in enumerate(hits):
        if not hit:
            start = place + 1
        elif place - start > best[1] - best[0]:
            best = (start, place)
    return best


def _shown(passage: str) -> str:
    return passage if len(passage) <= _PASSAGE else f"{passage[:_PASSAGE]}…"
