"""The result of `genesys score` on files: one row a response, resumable until it is whole.

Scored rows go to a spool beside the output first; when all are there the output is written at once and
the spool goes. A call that was interrupted is continued by the same call.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from genesys.errors import ConfigurationError, StorageError
from genesys.rollouts.durable import sync_folder
from genesys.rollouts.run_reader import may_retry
from genesys.rollouts.spool import Spool, SpoolRow
from genesys.schema import Verdict

SCHEMA = pa.schema(
    [
        ("response_id", pa.string()),
        ("problem_id", pa.string()),
        ("task_type", pa.string()),
        ("score", pa.float64()),
        ("cause", pa.string()),
        ("verifier", pa.string()),
        ("verification_result_info", pa.string()),
    ]
)
"""The columns of the output; a null score is unscorable."""


class ScoreFile:
    """The output file of one scoring, and the rows of it that are durable already.

    Args:
        out: Where: a name that ends in .parquet or .jsonl.
        identity: Digest of the inputs' names and the settings; the spool of another scoring is refused.

    Raises:
        ConfigurationError: If the name has another ending, or the spool is another scoring's.
        StorageError: If the disk refuses.
    """

    def __init__(self, out: Path, identity: str) -> None:
        if out.suffix not in (".parquet", ".jsonl"):
            raise ConfigurationError(
                f"--out {str(out)!r} must end in .parquet or .jsonl", "Name the file so."
            )
        self.out = out
        self._spool = Spool(out.with_name(f".{out.name}.spool"))
        stored = self._spool.keys("identity")
        if stored and stored != {identity}:
            self._spool.close()
            raise ConfigurationError(
                f"{self._spool.path} holds the unfinished scoring of other inputs or settings",
                "Finish that one, choose another --out, or delete the file.",
            )
        self._spool.commit([SpoolRow("identity", identity, {})])
        self.done = {
            int(key): {
                row["identity"]: Verdict(score=row["score"], cause=row["cause"], verifier=row["verifier"])
            }
            for _, key, row in self._spool.rows("scores")
            if not may_retry(row["cause"])
        }
        """Place in the input -> identity of the response -> the verdict that is durable already."""

    def commit(self, rows: list[tuple[int, dict[str, Any]]]) -> None:
        """Makes scored rows durable; each comes with its place in the input."""
        self._spool.commit(SpoolRow("scores", str(place), row) for place, row in rows)

    def rows(self, count: int) -> Iterator[dict[str, Any]]:
        """The committed rows of the first so many places, in the order of the input."""
        numbered = ((int(key), row) for _, key, row in self._spool.rows("scores"))
        for _, row in sorted((pair for pair in numbered if pair[0] < count), key=itemgetter(0)):
            yield {name: row[name] for name in SCHEMA.names}

    def finish(self, count: int) -> None:
        """Writes the output whole and durably, and removes the spool.

        Args:
            count: Responses of the input.

        Raises:
            StorageError: If the disk refuses; the spool stays and the same call continues.
        """
        aside = self.out.with_name(f".{self.out.name}.writing")
        write = _write_parquet if self.out.suffix == ".parquet" else _write_jsonl
        try:
            with aside.open("wb") as file:
                write(file, self.rows(count))
                file.flush()
                os.fsync(file.fileno())
            aside.rename(self.out)
            sync_folder(self.out.parent)
        except OSError as error:
            with suppress(OSError):
                aside.unlink()
            raise StorageError(
                f"cannot write {self.out}: {error}", "Free the disk and run it again."
            ) from error
        self._spool.close(remove=True)

    def close(self) -> None:
        """Keeps what is committed for the next call."""
        self._spool.close()


def _write_parquet(file: IO[bytes], rows: Iterator[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), file, compression="zstd")


def _write_jsonl(file: IO[bytes], rows: Iterator[dict[str, Any]]) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
