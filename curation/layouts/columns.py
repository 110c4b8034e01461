"""Columns as layouts need them: texts by location, messages with an assistant's turn, exact types."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from genesys.rollouts.tables import MESSAGES


class TextTable:
    """The texts of a bucket, by location.

    Args:
        table: With the columns `location` and `text`, in any order.
    """

    def __init__(self, table: pa.Table) -> None:
        locations = table.column("location").to_numpy()
        self._order = np.argsort(locations)
        self._sorted = locations[self._order]
        self._texts = table.column("text").combine_chunks()

    def of(self, locations: pa.Array) -> pa.Array:
        """The texts at locations, in the order given.

        Raises:
            KeyError: If there is none at a location.
        """
        asked = locations.to_numpy(zero_copy_only=False)
        found = np.searchsorted(self._sorted, asked)
        if len(asked) and not (found < len(self._sorted)).all():
            raise KeyError(int(asked[found == len(self._sorted)][0]))
        if (self._sorted[found] != asked).any():
            raise KeyError(int(asked[self._sorted[found] != asked][0]))
        return self._texts.take(pa.array(self._order[found]))


def assistant(texts: pa.Array) -> pa.Array:
    """Each text as a conversation of one turn, the assistant's."""
    roles = pa.repeat(pa.scalar("assistant"), len(texts))
    turns = pa.StructArray.from_arrays([texts, roles], fields=list(MESSAGES.value_type))
    return pa.ListArray.from_arrays(pa.array(range(len(texts) + 1), pa.int32()), turns, type=MESSAGES)


def answered(messages: pa.Array, texts: pa.Array) -> pa.Array:
    """Each conversation with its text as a last turn, the assistant's."""
    count = len(messages)
    lengths = pc.list_value_length(messages).to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    turns = messages.flatten()
    together = pa.chunked_array([pc.struct_field(turns, "content"), texts]).combine_chunks()
    roles = pa.chunked_array(
        [pc.struct_field(turns, "role"), pa.repeat(pa.scalar("assistant"), count)]
    ).combine_chunks()
    order = np.insert(np.arange(len(turns)), ends, len(turns) + np.arange(count))
    offsets = np.concatenate([[0], ends + np.arange(1, count + 1)]).astype(np.int32)
    merged = pa.StructArray.from_arrays(
        [together.take(pa.array(order)), roles.take(pa.array(order))], fields=list(MESSAGES.value_type)
    )
    return pa.ListArray.from_arrays(pa.array(offsets), merged, type=MESSAGES)


def grouped(values: pa.Array, like: pa.Array) -> pa.Array:
    """A flat column cut into lists as long as another column's."""
    lengths = pc.list_value_length(like).to_numpy(zero_copy_only=False)
    return pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)), values
    )


def shaped(columns: Sequence[pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """Columns in a schema's exact types: DuckDB names the items of a list otherwise."""
    cast = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=schema)


def as_text(value: object) -> str | None:
    """A value of somebody's metadata as text; None stays None."""
    return None if value is None else str(value)


def struct(text: str | None) -> dict[str, Any]:
    """The object of a JSON column; an absent one is empty."""
    found: dict[str, Any] = json.loads(text or "{}")
    return found
