"""One Parquet part: what of it can be read, and whether it has the published columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from genesys.rollouts.run_file import PART_METADATA
from genesys.rollouts.run_reader import SCHEMAS


@dataclass(kw_only=True)
class Part:
    """A part and what was found in it.

    Attributes:
        path: The file.
        kind: "problems", "completions" or "scores".
        verifier: Of scores, whose.
        fault: What is wrong with the file as a whole, as (check, text); what can be read of it is saved.
        is_foreign: Whether it is another run's: none of its rows belongs here.
        bad_rows: Places of rows that do not belong in it.
    """

    path: Path
    kind: str
    verifier: str | None
    fault: tuple[str, str] | None = None
    is_foreign: bool = False
    bad_rows: set[int] = field(default_factory=set)

    @property
    def is_bad(self) -> bool:
        """Whether it has to be written anew."""
        return self.fault is not None or bool(self.bad_rows)

    def tables(self) -> Iterator[pa.Table]:
        """What can be read, in the published columns, row group by row group; faults are noted in passing."""
        try:
            # Not by pq.ParquetFile(path) in one go: a damaged group must not hide the sound ones.
            with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
                yield from self._groups(file)
        except (pa.ArrowException, OSError) as error:
            self.fault = ("unreadable", f"nothing of it can be read: {_brief(error)}")

    def _groups(self, file: pq.ParquetFile) -> Iterator[pa.Table]:
        for number in range(file.num_row_groups):
            try:
                table = file.read_row_group(number)
            except (pa.ArrowException, OSError) as error:
                rows = file.metadata.row_group(number).num_rows
                text = f"row group {number} with {rows} rows cannot be read: {_brief(error)}"
                self.fault = self.fault or ("unreadable", text)
                continue
            if (fitted := self._fitted(table)) is not None:
                yield fitted

    def _fitted(self, table: pa.Table) -> pa.Table | None:
        schema = SCHEMAS[self.kind]
        if not table.schema.equals(schema):
            self.fault = self.fault or ("schema", _difference(table.schema, schema))
            try:
                table = table.select(schema.names).cast(schema)
            except (pa.ArrowException, KeyError):
                return None
        return table.replace_schema_metadata(None)

    def metadata(self) -> bytes | None:
        """What the part says of the run that it is of; None where it says nothing."""
        try:
            said = (pq.read_schema(self.path).metadata or {}).get(PART_METADATA)
        except (pa.ArrowException, OSError):
            return None
        return said if isinstance(said, bytes) else None


def _difference(found: pa.Schema, wanted: pa.Schema) -> str:
    missing = sorted(set(wanted.names) - set(found.names))
    more = sorted(set(found.names) - set(wanted.names))
    if missing or more:
        return f"it lacks the columns {missing} and has {more} instead"
    other = [name for name in wanted.names if not found.field(name).equals(wanted.field(name))]
    return f"its columns {other} have other types" if other else "its columns stand in another order"


def _brief(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
