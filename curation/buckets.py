"""Dealing what the outputs need into buckets of neighbouring places.

Texts lie in the runs in the order of the harvest, and come out in the order of places; rows of tens of
kilobytes cannot be sorted in memory. One pass deals them into buckets, on disk, and each bucket is then
made into rows of all outputs in memory. Places of one problem lie in one bucket, and so does all that its
rows are made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa

from genesys.curation.lake import Lake
from genesys.curation.scanning import Locations, for_each_table, sorted_pairs

BYTES_PER_BUCKET = 32 << 20
_BYTES_AT_ONCE = 96 << 20

# Location -> a place of the bucket in which its row is needed. A problem's rows are needed in one bucket.
_NEEDED = {
    "completion_row": "SELECT location, place FROM candidate JOIN needed USING (place)",
    "score_row": "SELECT score_location AS location, place FROM candidate JOIN needed USING (place) "
    "WHERE score_location IS NOT NULL",
    "problem_row": "SELECT location, min(place) AS place FROM ("
    "SELECT problem_location AS location, place FROM candidate JOIN needed USING (place) UNION ALL "
    "SELECT prompt_location, place FROM candidate JOIN needed USING (place)) GROUP BY location",
}

_STARTS = """
SELECT min(first) FROM (
    SELECT min(place) AS first, sum(sum(size)) OVER (ORDER BY min(place)) // {limit} AS bucket
    FROM candidate JOIN needed USING (place) GROUP BY problem_id
) GROUP BY bucket ORDER BY 1
"""


class Buckets:
    """Rows by bucket: in memory where there is one bucket, else in files.

    Args:
        folder: For the files, which are removed as they are read.
        starts: The first place of each bucket, ascending.
    """

    def __init__(self, folder: Path, starts: Locations) -> None:
        self.starts = starts
        self._folder = folder
        self._locks = [Lock() for _ in starts]
        self._held: dict[tuple[str, int], list[pa.Table]] = defaultdict(list)
        self._options = pa.ipc.IpcWriteOptions(compression="lz4")
        if len(starts) > 1:
            folder.mkdir(parents=True, exist_ok=True)

    def bounds(self) -> Iterator[tuple[int, int]]:
        """First and last place of each bucket."""
        ends = [*(self.starts[1:] - 1).tolist(), 2**62]
        yield from zip(self.starts.tolist(), ends, strict=True)

    def deal(self, view: str, table: pa.Table, places: Locations) -> None:
        """Puts each row into the bucket of its place; from any thread."""
        numbers = np.searchsorted(self.starts, places, side="right") - 1
        order = np.argsort(numbers, kind="stable")
        table = table.take(pa.array(order))
        edges = np.searchsorted(numbers[order], np.arange(len(self.starts) + 1))
        for number in np.flatnonzero(np.diff(edges)).tolist():
            self._put(view, number, table.slice(edges[number], edges[number + 1] - edges[number]))

    def _put(self, view: str, number: int, table: pa.Table) -> None:
        with self._locks[number]:
            if len(self.starts) == 1:
                self._held[view, number].append(table)
                return
            with (
                self._path(view, number).open("ab") as file,
                pa.ipc.new_stream(file, table.schema, options=self._options) as writer,
            ):
                writer.write_table(table.combine_chunks())

    def take(self, view: str, number: int) -> pa.Table | None:
        """The rows of a bucket, in no order, and forgets them; None where there are none."""
        if len(self.starts) == 1:
            held = self._held.pop((view, number), [])
            return pa.concat_tables(held) if held else None
        path = self._path(view, number)
        if not path.exists():
            return None
        found: list[pa.Table] = []
        with pa.OSFile(str(path)) as file:
            while file.tell() < file.size():
                with pa.ipc.open_stream(file) as reader:
                    found.append(reader.read_all())
        path.unlink()
        return pa.concat_tables(found)

    def _path(self, view: str, number: int) -> Path:
        return self._folder / f"{view}-{number:05d}"


def fill_buckets(
    lake: Lake, folder: Path, *, threads: int = 1, bytes_per_bucket: int = BYTES_PER_BUCKET
) -> Buckets:
    """Deals the texts, problems and verdicts of the places in the table `needed`.

    Args:
        lake: With the tables `candidate` and `needed`.
        folder: For the buckets.
        threads: How many parts are read at once.
        bytes_per_bucket: About how much text a bucket holds, but at least one problem's.
    """
    starts = [start for (start,) in lake.rows(_STARTS.format(limit=bytes_per_bucket))]
    buckets = Buckets(folder, np.array(starts, dtype=np.int64))
    if not starts:
        return buckets
    for view, query in _NEEDED.items():
        rows, columns = lake.views[view]
        found = lake.table(query)
        locations, places = sorted_pairs(found.column("location"), found.column("place"))

        dealer = _Dealer(buckets, view, locations, places)
        for_each_table(rows, locations, columns, dealer.add, threads=threads)
        dealer.finish()
    return buckets


class _Dealer:
    """Deals rows of one kind, many at a time: what a bucket gets at once is worth writing.

    The number of writes would otherwise grow with the square of the texts.
    """

    def __init__(self, buckets: Buckets, view: str, locations: Locations, places: Locations) -> None:
        self._buckets = buckets
        self._view = view
        self._locations = locations
        self._places = places
        self._lock = Lock()
        self._waiting: list[pa.Table] = []
        self._bytes = 0

    def add(self, table: pa.Table) -> None:
        """Takes rows; from any thread."""
        with self._lock:
            self._waiting.append(table)
            self._bytes += table.nbytes
            ready = self._taken() if self._bytes >= _BYTES_AT_ONCE else []
        self._deal(ready)

    def finish(self) -> None:
        """Deals the rest."""
        self._deal(self._taken())

    def _taken(self) -> list[pa.Table]:
        taken, self._waiting, self._bytes = self._waiting, [], 0
        return taken

    def _deal(self, tables: list[pa.Table]) -> None:
        if tables:
            table = pa.concat_tables(tables)
            at = np.searchsorted(self._locations, table.column("location").to_numpy())
            self._buckets.deal(self._view, table, self._places[at])
