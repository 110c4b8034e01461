"""Contamination: prompts that share a run of words with a test problem.

Words are compared without case, spacing and punctuation. A prompt is contaminated if any of its runs of
eight words is a test problem's. A test of fewer words is looked for as a whole, from four words on; a shorter
one counts where the prompt is that test and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from genesys.curation.words import normal, placed_words, word_list

WORDS = 8
_SHORTEST = 4
"""Words of a test from which on it is looked for within longer prompts."""
_PASSAGE = 300
"""Characters of a passage that are shown."""


@dataclass(frozen=True, kw_only=True)
class HeldOutProblem:
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
        coverage: Share of the test's runs that the prompt holds.
    """

    test: str
    passage: str
    words: int
    coverage: float


class ContaminationIndex:
    """The runs of words of test problems.

    Args:
        tests: The problems.
        words: Length of a run.
        coverage: Least share of a test's runs that a prompt must hold; at 0, one run is enough.
    """

    def __init__(self, tests: Sequence[HeldOutProblem], *, words: int = WORDS, coverage: float = 0.0) -> None:
        self._words = words
        self._coverage = coverage
        self._names: list[str] = []
        self._sizes: list[int] = []
        self._runs: dict[str, list[int]] = {}
        self._whole: dict[str, int] = {}
        self._lengths: set[int] = {words}
        for test in tests:
            found = word_list(test.text)
            whole = " ".join(found)
            if found and whole not in self._whole:
                self._whole[whole] = len(self._names)
                self._add(test.name, found)

    def _add(self, name: str, found: Sequence[str]) -> None:
        number = len(self._names)
        length = min(self._words, len(found))
        runs = set(_runs(found, length)) if length >= _SHORTEST else set()
        for run in runs:
            self._runs.setdefault(run, []).append(number)
        self._lengths |= {length} if runs else set()
        self._names.append(name)
        self._sizes.append(max(1, len(runs)))

    def __len__(self) -> int:
        """How many different tests there are."""
        return len(self._names)

    def match(self, text: str) -> Match | None:
        """The test that a prompt shares most with, or None."""
        found = word_list(text)
        whole = self._whole.get(" ".join(found))
        if whole is not None:
            return Match(
                test=self._names[whole], passage=_shown(normal(text)), words=len(found), coverage=1.0
            )
        best: Match | None = None
        for length in sorted(self._lengths, reverse=True):
            match = self._match_runs(text, found, length)
            if match is not None and (best is None or match.coverage > best.coverage):
                best = match
        return best

    def _match_runs(self, text: str, found: Sequence[str], length: int) -> Match | None:
        hits = [self._runs.get(run) for run in _runs(found, length)]
        if not any(hits):
            return None
        times = Counter(number for numbers in hits for number in numbers or ())
        test = max(times, key=lambda number: (times[number] / self._sizes[number], -number))
        coverage = min(1.0, times[test] / self._sizes[test])
        if coverage < self._coverage:
            return None
        start, end = _longest([numbers is not None and test in numbers for numbers in hits])
        placed = placed_words(text)
        passage = normal(text)[placed[start].start : placed[end + length - 1].end]
        return Match(
            test=self._names[test], passage=_shown(passage), words=end - start + length, coverage=coverage
        )


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
