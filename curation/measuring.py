"""What steps need to know of the long texts: measured once, for the rows that are left, and kept."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np
import pyarrow as pa

from genesys.curation.lake import Lake
from genesys.curation.scanning import for_each_table
from genesys.schema import digest_of

Measure = Callable[[pa.Array], pa.Array]
"""Texts -> one value each."""


def measured(lake: Lake, rows: str, name: str, measure: Measure, type_: pa.DataType) -> str:
    """Makes sure that a value of the text is known for each row of a view.

    Values are kept by name: what decides them must be in the name.

    Args:
        lake: With the texts.
        rows: A view with the column `location`, of completions.
        name: What is measured, with its parameters.
        measure: Measures texts; called from several threads.
        type_: Of the values.

    Returns:
        Name of a table (location, value) that has all locations of the view.
    """
    table = f"measured_{digest_of(name, bits=64)}"
    schema = pa.schema([("location", pa.int64()), ("value", type_)])
    if not lake.number(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{table}'"):
        lake.create(table, lake.relation(schema.empty_table()))
    missing = lake.table(
        f"SELECT location FROM {rows} WHERE location NOT IN (SELECT location FROM {table}) ORDER BY 1"
    )
    found: list[pa.Table] = []
    lock = Lock()

    def use(texts: pa.Table) -> None:
        values = measure(texts.column("text").combine_chunks())
        made = pa.table([texts.column("location"), values.cast(type_)], schema=schema)
        with lock:
            found.append(made)

    wanted = missing.column(0).to_numpy().astype(np.int64)
    for_each_table(lake.views["completion_row"][0], wanted, ["text"], use, threads=lake.threads)
    lake.relation(pa.concat_tables([schema.empty_table(), *found])).insert_into(table)
    return table


def texts_of(lake: Lake, view: str, column: str, locations: pa.ChunkedArray) -> dict[int, str]:
    """Location -> value of a text column, for short ones: prompts."""
    found: dict[int, str] = {}
    wanted = np.unique(locations.to_numpy())
    for_each_table(
        lake.views[view][0],
        wanted,
        [column],
        lambda table: found.update(
            zip(table.column("location").to_pylist(), table.column(column).to_pylist(), strict=True)
        ),
    )
    return found
