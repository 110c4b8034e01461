"""Near duplicates among texts: MinHash sketches find candidates, exact similarity decides.

Sketches are those of `rensa` (MinHash with LSH bands). A candidate counts where the Jaccard similarity of
the two texts' word pieces reaches the threshold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from genesys.curation.words import word_list
from genesys.optional import require

BANDS, ROWS_PER_BAND = 32, 4
"""Two texts of similarity 0.5 become candidates with probability 0.87, of 0.6 with 0.99, of 0.7 with 0.9998."""

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


def first_alike(
    texts: Sequence[str], keys: Sequence[str], *, least: float, size: int
) -> list[tuple[int, float]]:
    """For each text, the first text of its cluster, and how like it is to the one it was joined with.

    Clusters are connected: a text is in one with every text that is like it.

    Args:
        texts: In the order that says which is first.
        keys: Of each text; texts whose keys differ are unlike.
        least: Least Jaccard similarity of the pieces.
        size: Words of a piece.
    """
    leader = list(range(len(texts)))
    likeness = [1.0] * len(texts)
    known: dict[int, frozenset[str]] = {}
    numbers: dict[str, int] = {}
    numbered = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.uint32)
    for one, other in _candidates(sketches(texts, size), numbered):
        first, second = _leader(leader, one), _leader(leader, other)
        if first == second:
            continue
        for index in (one, other):
            if index not in known:
                known[index] = frozenset(pieces(texts[index], size))
        alike = _jaccard(known[one], known[other])
        if alike >= least:
            first, second = sorted((first, second))
            leader[second] = first
            likeness[other] = alike
    return [(_leader(leader, index), likeness[index]) for index in range(len(texts))]


def _leader(leader: list[int], index: int) -> int:
    while leader[index] != index:
        leader[index] = leader[leader[index]]
        index = leader[index]
    return index


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def _candidates(made: Sketches, keys: npt.NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Pairs (earlier, later) of one key that agree in a band: in a bucket, each with the first and the one before."""
    for band in range(BANDS):
        rows = made[:, band * ROWS_PER_BAND : (band + 1) * ROWS_PER_BAND]
        columns = np.ascontiguousarray(np.column_stack([rows, keys]))
        buckets = columns.view(np.dtype((np.void, columns.dtype.itemsize * columns.shape[1]))).ravel()
        order = np.argsort(buckets, kind="stable")
        same = np.flatnonzero(buckets[order][1:] == buckets[order][:-1])
        head = -1
        for at in same.tolist():
            before, this = int(order[at]), int(order[at + 1])
            if head < 0 or buckets[head] != buckets[this]:
                head = before
            yield before, this
            if head != before:
                yield head, this
