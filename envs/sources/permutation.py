"""A seeded shuffle of range(n) that is computed, not stored."""

from __future__ import annotations

from hashlib import blake2b

_ROUNDS = 4


def permuted(index: int, size: int, key: str) -> int:
    """Where a shuffle of `range(size)` puts an index; each key is another shuffle.

    Generators draw the parameters of problem `index` from `permuted(index, space, key)`: no two indices
    below `space` give the same problem, in any order and without looking at the others.

    A Feistel network over the next power of four, walked until the value falls inside (fewer than four
    steps on average; Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
    """
    half = max(1, (max(size - 1, 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    value = index % size
    while True:
        left, right = value >> half, value & mask
        for turn in range(_ROUNDS):
            left, right = right, left ^ (_mix(f"{key}/{turn}/{right}") & mask)
        value = left << half | right
        if value < size:
            return value


def _mix(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")
