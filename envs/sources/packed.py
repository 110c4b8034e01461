"""Many byte records in little memory, with quick access by index."""

from __future__ import annotations

from bisect import bisect_right

BLOCK_RECORDS, BLOCK_BYTES = 64, 128_000
"""A block is closed at so many records or bytes: about 64 published rows, unpacked in 50 microseconds."""


class PackedRecords:
    """An append-only list of byte strings, compressed block by block.

    Published rows shrink to a third or less: the 777,000 of the largest task dataset fit in a few
    hundred megabytes. Reading in order unpacks each block once.
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._blocks: list[tuple[bytes, tuple[int, ...]]] = []
        self._open: list[bytes] = []
        self._open_start = 0
        self._open_bytes = 0
        self._last: tuple[int, list[bytes]] = (-1, [])  # one reference, so that threads see it whole

    def __len__(self) -> int:
        return self._open_start + len(self._open)

    def append(self, record: bytes) -> None:
        """Adds a record at the end."""
        self._open.append(record)
        self._open_bytes += len(record)
        if len(self._open) == BLOCK_RECORDS or self._open_bytes >= BLOCK_BYTES:
            self._starts.append(self._open_start)
            self._blocks.append((_compress(b"".join(self._open)), tuple(map(len, self._open))))
            self._open_start += len(self._open)
            self._open, self._open_bytes = [], 0

    def __getitem__(self, index: int) -> bytes:
        if index >= self._open_start:
            return self._open[index - self._open_start]
        block = bisect_right(self._starts, index) - 1
        number, records = self._last
        if number != block:
            records = _unpacked(*self._blocks[block])
            self._last = (block, records)
        return records[index - self._starts[block]]


def _compress(data: bytes) -> bytes:
    import pyarrow as pa

    packed: bytes = pa.Codec("zstd", compression_level=1).compress(data, asbytes=True)
    return packed


def _unpacked(packed: bytes, lengths: tuple[int, ...]) -> list[bytes]:
    import pyarrow as pa

    data: bytes = pa.Codec("zstd").decompress(packed, sum(lengths), asbytes=True)
    records, start = [], 0
    for length in lengths:
        records.append(data[start : start + length])
        start += length
    return records
