"""The narrow rows of a run in memory, each completion once, with its problem and its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from genesys.curation.scanning import PART_BITS, for_each_table
from genesys.curation.snapshot import Rows
from genesys.errors import DataError
from genesys.rewards.registry import DEFAULTS, default_spec
from genesys.rewards.thresholds import PASS
from genesys.rollouts.run_reader import RunReader

Places = npt.NDArray[np.int64]
"""Row numbers of a table, or locations, ascending."""

RIGHT, UNSCORED = "right", "unscored"
_VERDICT = ("response_id", "score", "cause")


def narrow(rows: Rows, columns: Iterable[str]) -> pa.Table:
    """All rows of a kind with their locations and some columns."""
    wanted = list(columns)
    tables = [rows.spooled.select(["location", *wanted])]
    for number, part in enumerate(rows.parts):
        try:
            table = pq.read_table(part.path, columns=wanted, partitioning=None)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"cannot read {part.path}: {error}", "See `genesys fsck RUN`.") from error
        locations = (number << PART_BITS) + np.arange(table.num_rows)
        tables.append(table.add_column(0, "location", pa.array(locations)).replace_schema_metadata(None))
    return pa.concat_tables(tables, promote_options="default").sort_by("location").combine_chunks()


def once(table: pa.Table, key: str) -> pa.Table:
    """The first row under each key: one that moves to a part while we read is seen twice."""
    if pc.count_distinct(table[key]).as_py() == table.num_rows:
        return table
    first = table.group_by(key).aggregate([("location", "min")])["location_min"]
    return table.filter(pc.is_in(table["location"], value_set=first.combine_chunks()))


def looked_up(table: pa.Table, key: str, other: pa.Table) -> pa.Table:
    """A table with the other columns of another, by a key that is unique there; nulls where it has none."""
    place = pc.index_in(table[key], value_set=other[key].combine_chunks())
    for name in other.column_names:
        if name != key:
            table = table.append_column(name, other[name].take(place))
    return table


def with_verdicts(table: pa.Table, run: RunReader, verifier: str | None) -> pa.Table:
    """Adds `score`, `cause` ("right", "unscored") and `verifier`: of each row, the first that has one."""
    count = table.num_rows
    score, cause = np.full(count, np.nan), np.full(count, UNSCORED, object)
    by, missing = np.full(count, None, object), np.ones(count, bool)
    task_types = table["task_type"].to_numpy(zero_copy_only=False)
    for key, only in _turns(run, set(task_types.tolist())) if verifier is None else [(verifier, None)]:
        batches = list(run.batches("scores", _VERDICT, key))
        if not batches:
            continue
        said = looked_up(
            table.select(["response_id"]), "response_id", _marked(pa.Table.from_batches(batches))
        )
        new = missing & bools(said["said"])
        new &= np.ones(count, bool) if only is None else task_types == only
        score[new] = said["score"].to_numpy(zero_copy_only=False)[new]
        cause[new] = said["cause"].fill_null(RIGHT).to_numpy(zero_copy_only=False)[new]
        by[new] = key
        missing &= ~new
    table = table.append_column("score", pa.array(score, pa.float64(), from_pandas=True))
    table = table.append_column("cause", pa.array(cause, pa.string()))
    return table.append_column("verifier", pa.array(by, pa.string()))


def _marked(table: pa.Table) -> pa.Table:
    return table.append_column("said", pa.repeat(pa.scalar(True), table.num_rows))


def _turns(run: RunReader, task_types: set[str]) -> Iterator[tuple[str, str | None]]:
    """Keys with the task type that they are asked about: its own verifier first, then anybody."""
    keys = run.verifier_keys()
    for task_type in sorted(task_types & set(DEFAULTS)):
        own = default_spec(task_type)
        named = [key for key in keys if key.partition("@")[0] == own.name]
        for key in sorted(named, key=lambda key: (key != own.key, key)):
            yield key, task_type
    for key in keys:
        yield key, None


def with_outcomes(table: pa.Table) -> pa.Table:
    """Adds `outcome`: "right" (passes its task type's threshold), "wrong", "unscorable" or "unscored"."""
    least = [PASS.get(task_type, 1.0) for task_type in table["task_type"].to_pylist()]
    score = table["score"].to_numpy(zero_copy_only=False)
    unscored = bools(pc.is_null(table["verifier"]))
    outcome = np.select(
        [unscored, np.isnan(score), score >= np.array(least, float)], [UNSCORED, "unscorable", RIGHT], "wrong"
    )
    return table.append_column("outcome", pa.array(outcome.astype(object), pa.string()))


def bools(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """A column of truth values, where null is false."""
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), bool)


def sorted_locations(locations: pa.ChunkedArray) -> Places:
    """Distinct locations, ascending: what a scan wants."""
    return np.unique(locations.to_numpy())


def rows_at(rows: Rows, locations: Places, columns: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Location and columns of the rows at locations, in no order; with long texts, for few of them."""
    found: list[Mapping[str, Any]] = []
    for_each_table(rows, locations, list(columns), lambda table: found.extend(table.to_pylist()))
    for row in found:
        yield row["location"], dict(row)


def locations_with(rows: Rows, locations: Places, columns: Iterable[str], text: str) -> Places:
    """Where, among the wanted rows, a text stands in one of the columns."""
    names, found = list(columns), [np.zeros(0, np.int64)]

    def use(table: pa.Table) -> None:
        held = [bools(pc.match_substring(table[name], text, ignore_case=True)) for name in names]
        found.append(table["location"].to_numpy()[np.logical_or.reduce(held)])

    for_each_table(rows, locations, names, use)
    return np.concatenate(found)
