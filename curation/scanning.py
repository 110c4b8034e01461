"""Reading rows of parts by their location, a few megabytes at a time and several parts at once.

DuckDB decides on narrow rows. The long texts are read here: a join could build its hash table on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from genesys.curation.snapshot import Part, Rows
from genesys.errors import DataError

PART_BITS = 32
"""A location is the number of a part above these bits, and the number of a row within it below."""

_BYTES_AT_ONCE = 32 << 20

Locations = npt.NDArray[np.int64]


def for_each_table(
    rows: Rows,
    wanted: Locations,
    columns: Sequence[str],
    use: Callable[[pa.Table], None],
    *,
    threads: int = 1,
) -> None:
    """Calls a function on tables of the wanted rows, from several threads; the order is not defined.

    Args:
        rows: All rows of a kind.
        wanted: Locations of the rows, ascending.
        columns: Columns of the kind.
        use: Gets a table with `location` before the columns.
        threads: How many parts are read at once.

    Raises:
        DataError: If a part is damaged.
    """

    def read(number: int) -> None:
        for table in _part_tables(number, rows.parts[number], wanted, columns):
            use(table)

    numbers = [number for number in range(len(rows.parts)) if _any_in(wanted, number)]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(read, number) for number in numbers]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    spooled = rows.spooled.select(["location", *columns])
    chosen = _positions(spooled.column("location").to_numpy(), wanted)
    if len(chosen):
        use(spooled.take(pa.array(chosen)))


def _any_in(wanted: Locations, number: int) -> bool:
    first, last = np.searchsorted(wanted, [number << PART_BITS, (number + 1) << PART_BITS])
    return bool(last > first)


def _positions(locations: Locations, wanted: Locations) -> Locations:
    """Positions of those locations that are wanted."""
    found = np.searchsorted(wanted, locations)
    inside = found < len(wanted)
    inside[inside] = wanted[found[inside]] == locations[inside]
    return np.flatnonzero(inside)


def _part_tables(number: int, part: Part, wanted: Locations, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The wanted rows of a part, row groups together until they are worth a call."""
    waiting: list[pa.Table] = []
    try:
        with pq.ParquetFile(part.path) as file:
            first = number << PART_BITS
            for group in range(file.num_row_groups):
                locations = first + np.arange(file.metadata.row_group(group).num_rows)
                first += len(locations)
                chosen = _positions(locations, wanted)
                if not len(chosen):
                    continue
                table = file.read_row_group(group, columns=list(columns), use_threads=False)
                table = table.add_column(0, "location", pa.array(locations))
                waiting.append(table if len(chosen) == len(locations) else table.take(pa.array(chosen)))
                if sum(table.nbytes for table in waiting) >= _BYTES_AT_ONCE:
                    yield pa.concat_tables(waiting)
                    waiting.clear()
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"the runs cannot be read: {part.path}: {error}", "Restore the file from a copy, or move it away."
        ) from error
    if waiting:
        yield pa.concat_tables(waiting)


def sorted_pairs(locations: pa.ChunkedArray, values: pa.ChunkedArray) -> tuple[Locations, Locations]:
    """Two columns without nulls, in the order of the first."""
    order = pc.sort_indices(locations)
    return locations.take(order).to_numpy(), values.take(order).to_numpy()
