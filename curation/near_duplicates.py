"""Near duplicates among texts: MinHash sketches find candidates, exact similarity decides.

Sketches are those of `rensa` (MinHash with LSH bands). A candidate counts where the Jaccard similarity of
the two texts' word pieces reaches the threshold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from genesys.curation.words import critical_tokens, word_list
from genesys.optional import require

BANDS, ROWS_PER_BAND = 25, 5
"""Two texts of similarity 0.6 become candidates with probability 0.87, of 0.7 with 0.99, of 0.8 with 0.9999."""

_SEED = 42
_TEXTS_AT_ONCE = 4096

Sketches = npt.NDArray[np.uint32]


def pieces(text: str, size: int) -> list[str]:
    """The runs of `size` words, each once and in order; a shorter text is one piece."""
    words = word_list(text)
    if len(words) <= size:
        return [" ".join(words)]
    return list(dict.fromkeys(" ".join(words[at : at + size]) for at in range(len(words) - size + 1)))


def sketches(texts: Sequence[str], size: int, permutations: int = BANDS * ROWS_PER_BAND) -> Sketches:
    """MinHash sketches, one row a text.

    Raises:
        MissingExtra: If rensa is not installed.
    """
    rensa: Any = require("rensa", extra="curate", feature="Finding near duplicates")
    made = np.empty((len(texts), permutations), dtype=np.uint32)
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = [pieces(text, size) for text in texts[start : start + _TEXTS_AT_ONCE]]
        made[start : start + len(some)] = rensa.RMinHash.digests_from_token_sets(
            some, num_perm=permutations, seed=_SEED
        )
    return made


def first_alike(texts: Sequence[str], *, least: float, size: int, numbers: bool) -> list[tuple[int, float]]:
    """For each text, the first text of its cluster, and how like the two that were joined are.

    Clusters are connected: a text is in one with every text that is like it.

    Args:
        texts: In the order that says which is first.
        least: Least Jaccard similarity of the pieces.
        size: Words of a piece.
        numbers: Whether texts whose numbers, operators or commands differ are unlike.
    """
    leader = list(range(len(texts)))
    likeness = [1.0] * len(texts)

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    known: dict[int, tuple[frozenset[str], tuple[str, ...]]] = {}

    def read(index: int) -> tuple[frozenset[str], tuple[str, ...]]:
        if index not in known:
            text = texts[index]
            known[index] = (frozenset(pieces(text, size)), critical_tokens(text) if numbers else ())
        return known[index]

    for one, other in _candidates(sketches(texts, size)):
        first, second = find(one), find(other)
        if first == second:
            continue
        (mine, my_numbers), (its, its_numbers) = read(one), read(other)
        common = len(mine & its)
        alike = common / (len(mine) + len(its) - common)
        if alike >= least and my_numbers == its_numbers:
            first, second = sorted((first, second))
            leader[second] = first
            likeness[other] = alike
    return [(find(index), likeness[index]) for index in range(len(texts))]


def _candidates(made: Sketches) -> Iterator[tuple[int, int]]:
    """Pairs (earlier, later) that agree in a band; in a bucket, each with the first and with the one before."""
    for band in range(BANDS):
        columns = np.ascontiguousarray(made[:, band * ROWS_PER_BAND : (band + 1) * ROWS_PER_BAND])
        keys = columns.view(np.dtype((np.void, columns.dtype.itemsize * ROWS_PER_BAND))).ravel()
        order = np.argsort(keys, kind="stable")
        same = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        head = -1
        for at in same.tolist():
            before, this = int(order[at]), int(order[at + 1])
            if head < 0 or keys[head] != keys[this]:
                head = before
            yield before, this
            if head != before:
                yield head, this
