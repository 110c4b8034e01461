"""Writing what a build made: problems in the common schema, what was rejected and why, card and manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesys.curation.builders.build_card import build_card
from genesys.curation.builders.report import BuildReport
from genesys.curation.out_folder import FORMAT, MANIFEST, replacing
from genesys.curation.shards import DataFile, ShardWriter, describe
from genesys.errors import StorageError
from genesys.rollouts.tables import PROBLEMS as RUN_PROBLEMS
from genesys.schema import Problem
from genesys.version import __version__

PROBLEMS = pa.schema([field for field in RUN_PROBLEMS if field.name not in ("problem_digest", "messages")])
"""The common schema of the published task datasets; structs are JSON."""

REJECTED = pa.schema(
    [(name, pa.string()) for name in ("candidate_id", "source", "stage", "reason", "detail", "fields")]
)
"""One dropped candidate: the stage and the reason, and all that was known of it."""

_AT_ONCE = 1024


def publish(
    out: Path,
    problems: Iterable[Problem],
    rejected: Iterable[dict[str, Any]],
    report: Callable[[], BuildReport],
) -> list[DataFile]:
    """Writes a build's dataset, as a whole or not at all.

    Args:
        out: The folder; replaced.
        problems: What was made.
        rejected: Rows of what was dropped.
        report: Called when all problems have gone by.

    Raises:
        StorageError: If the disk refuses.
    """
    with replacing(out) as place:
        rows = (problem.to_row() for problem in problems)
        files = _shards(place.dataset / "problems", PROBLEMS, rows)
        files += _shards(place.dataset / "rejected", REJECTED, rejected)
        told = report()
        card = _write(place.dataset, "README.md", build_card(told))
        manifest = _manifest(told, [*files, card])
        _write(place.dataset, MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return files


def _manifest(report: BuildReport, files: Sequence[DataFile]) -> dict[str, Any]:
    told = report.to_json()
    del told["out"]
    return {
        "format": FORMAT,
        "format_version": 1,
        "genesys": __version__,
        "pyarrow": pa.__version__,
        **told,
        "files": [asdict(file) for file in files],
    }


def _shards(folder: Path, schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> list[DataFile]:
    writer = ShardWriter(folder, schema)
    remaining = iter(rows)
    try:
        while together := list(islice(remaining, _AT_ONCE)):
            writer.add([pa.RecordBatch.from_pylist(together, schema=schema)])
        return writer.finish()
    finally:
        writer.close()


def _write(folder: Path, name: str, text: str) -> DataFile:
    path = folder / name
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error}", "Free the disk and run again.") from error
    return describe(path, root=folder)
