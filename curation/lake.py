"""The DuckDB connection in which curation happens: larger than memory, spilling where it is told to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from genesys.curation.scanning import PART_BITS
from genesys.curation.snapshot import Part, Rows
from genesys.errors import ConfigurationError, DataError, StorageError
from genesys.optional import require
from genesys.rewards.grading.limits import default_workers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_ROWS_PER_BATCH = 2048


class Lake:
    """A DuckDB of its own, in memory and spilling; use it as a context manager.

    Args:
        spill: Folder for what does not fit into memory.
        memory: DuckDB's memory limit, such as "2GB"; 80 % of the machine's by default.
        threads: Of DuckDB; all cores by default. No output depends on it.

    Raises:
        MissingExtra: If DuckDB is not installed.
        ConfigurationError: If DuckDB does not take the memory limit.
    """

    def __init__(self, spill: Path, *, memory: str | None = None, threads: int | None = None) -> None:
        self._duckdb: Any = require("duckdb", extra="curate", feature="Curation")
        # Nothing is fetched: Parquet is built in, and curation reads files of this machine only.
        settings = {"autoinstall_known_extensions": "false", "preserve_insertion_order": "false"}
        settings["temp_directory"] = str(spill)
        settings |= {} if memory is None else {"memory_limit": memory}
        self.threads = threads or default_workers()
        settings["threads"] = str(self.threads)
        try:
            self.connection: DuckDBPyConnection = self._duckdb.connect(":memory:", config=settings)
        except self._duckdb.Error as error:
            raise ConfigurationError(f"DuckDB refuses its settings: {error}") from None
        self.execute("SET enable_progress_bar = false")
        self.views: dict[str, tuple[Rows, tuple[str, ...]]] = {}
        """View -> its rows and its columns, for who reads them without DuckDB."""

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Runs a statement."""
        with self._errors():
            self.connection.execute(statement, list(parameters))

    def sql(self, query: str) -> DuckDBPyRelation:
        """The relation of a query; it runs when it is used."""
        with self._errors():
            relation = self.connection.sql(query)
        if relation is None:
            raise ConfigurationError(f"{query!r} is no query")
        return relation

    def relation(self, table: pa.Table) -> DuckDBPyRelation:
        """An Arrow table as a relation."""
        with self._errors():
            return self.connection.from_arrow(table)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query, for few of them."""
        with self._errors():
            return self.connection.execute(query).fetchall()

    def columns(self, table: str) -> list[str]:
        """The columns of a table."""
        return list(self.sql(f"FROM {table}").columns)

    def number(self, query: str) -> int:
        """The one number of a query."""
        return int(self.rows(query)[0][0])

    def table(self, query: str) -> pa.Table:
        """The rows of a query as an Arrow table, for narrow ones."""
        with self._errors():
            return self.sql(query).to_arrow_table()

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query, streamed."""
        with self._errors():
            yield from self.sql(query).to_arrow_reader(_ROWS_PER_BATCH)

    def create(self, table: str, relation: DuckDBPyRelation) -> None:
        """Makes a table of a relation."""
        with self._errors():
            relation.create(table)

    def keep(self, name: str, table: pa.Table) -> None:
        """Makes a temporary table of an Arrow table, in the place of the one of that name."""
        self.connection.register("given", table)
        self.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")
        self.connection.unregister("given")

    def create_view(self, view: str, columns: Sequence[str], rows: Rows) -> None:
        """Makes the view of all rows of a kind: `location` (unique), `run`, and the columns."""
        self.views[view] = (rows, tuple(columns))
        self.connection.register(f"{view}_spooled", rows.spooled.select(["location", "run", *columns]))
        spooled = f"SELECT * FROM {view}_spooled"
        stored = self._stored(view, columns, rows.parts)
        both = f"{stored} UNION ALL {spooled}" if stored else spooled
        self.execute(f"CREATE TEMP VIEW {view} AS {both}")

    def _stored(self, view: str, columns: Sequence[str], parts: Sequence[Part]) -> str:
        if not parts:
            return ""
        table = {
            "part": pa.array(range(len(parts)), pa.int64()),
            "path": [str(part.path) for part in parts],
            "run": pa.array([part.run for part in parts], pa.int32()),
        }
        self.connection.register(f"{view}_part", pa.table(table))
        files = ", ".join(quoted(_without_patterns(part.path)) for part in parts)
        # A folder called a=b would make Hive's columns; a run is no such thing.
        return (
            f"SELECT (part.part << {PART_BITS}) + stored.file_row_number AS location, part.run, "
            + ", ".join(f"stored.{column}" for column in columns)
            + f" FROM read_parquet([{files}], filename = true, file_row_number = true, "
            f"hive_partitioning = false) stored JOIN {view}_part part ON stored.filename = part.path"
        )

    def close(self) -> None:
        """Lets go of everything; idempotent."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Says what DuckDB could not do, in the words of who must change something."""
        try:
            yield
        except (self._duckdb.BinderException, self._duckdb.CatalogException, self._duckdb.ParserException):
            raise  # a defect of a query, of ours or of somebody's step: with its traceback
        except (self._duckdb.Error, pa.ArrowException, OSError) as error:
            # A streamed error comes through Arrow, which keeps the words of DuckDB and not the class.
            if re.search("no space left|out of memory", str(error), re.IGNORECASE):
                raise StorageError(
                    f"curation ran out of memory or disk: {str(error).partition(chr(10))[0]}",
                    "Raise --memory, or free the disk of the output folder.",
                ) from None
            raise DataError(
                f"the runs cannot be read: {error}", "Restore the file from a copy, or move it away."
            ) from None


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _without_patterns(path: Path) -> str:
    """A path whose `*`, `?` and `[` mean themselves."""
    return re.sub(r"([\[*?])", r"[\1]", str(path))
