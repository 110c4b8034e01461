"""The rows of a dataset's outputs, column by column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from genesys.curation.out_folder import FORMAT, MANIFEST
from genesys.curation.recipe import DEFAULT
from genesys.curation.reporting.binning import Numbers
from genesys.errors import DataError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class DatasetFiles:
    """A folder that `genesys curate` wrote.

    Args:
        folder: The folder.

    Raises:
        DataError: If its manifest is damaged or none of ours.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.manifest: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
            known = self.manifest["format"] == FORMAT
        except (OSError, ValueError, KeyError, TypeError):
            known = False
        if not known or not _sound(self.manifest):
            raise DataError(
                f"{folder / MANIFEST} is no manifest of a dataset", "Make it again: genesys curate"
            )

    def outputs(self) -> list[str]:
        """The outputs, in the recipe's order."""
        return list(self.manifest["outputs"])

    def files(self, output: str) -> list[Path]:
        """The Parquet files of an output, in order."""
        found = [file["path"] for file in self.manifest["files"]]
        return [self.folder / path for path in found if path.startswith(f"{output}/")]

    def columns(self, output: str) -> list[str]:
        """The columns of an output."""
        files = self.files(output)
        return list(self._opened(files[0]).schema_arrow.names) if files else []

    def passes(self, task_types: Sequence[str], scores: Numbers) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which scores reach the thresholds that the dataset was made with; NaN reaches none."""
        thresholds = self.manifest["thresholds"]
        least = [thresholds.get(task_type, thresholds[DEFAULT]) for task_type in task_types]
        return np.asarray(scores >= np.array(least, float))

    def batches(self, output: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some columns of an output.

        Raises:
            DataError: If a file is missing or damaged.
        """
        for path in self.files(output):
            try:
                yield from self._opened(path).iter_batches(columns=list(columns))
            except (pa.ArrowException, OSError) as error:
                raise DataError(f"cannot read {path}: {error}", "Make it again: genesys curate") from error

    def rows_at(self, output: str, wanted: Sequence[int]) -> list[dict[str, Any]]:
        """The rows of an output with these numbers, ascending."""
        found: list[dict[str, Any]] = []
        first = 0
        for path in self.files(output):
            file = self._opened(path)
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                here = [number - first for number in wanted if first <= number < first + count]
                if here:
                    found += file.read_row_group(group).take(pa.array(here)).to_pylist()
                first += count
        return found

    def _opened(self, path: Path) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"cannot read {path}: {error}", "Make it again: genesys curate") from error


def _sound(manifest: Mapping[str, Any]) -> bool:
    """Whether names are names and paths stay within the folder: a manifest may be a stranger's."""
    try:
        names = [*manifest["outputs"], *manifest["configs"]]
        paths = [PurePosixPath(file["path"]) for file in manifest["files"]]
    except (KeyError, TypeError):
        return False
    return all(_NAME.fullmatch(name) for name in names) and not any(
        path.is_absolute() or ".." in path.parts for path in paths
    )


def lengths(files: DatasetFiles, output: str) -> dict[str, Numbers]:
    """Series -> characters of the completions of an output; empty where its layout is none we know."""
    columns = files.columns(output)
    found: dict[str, list[Numbers]] = {}
    if "llm_response" in columns:
        for batch in files.batches(output, ["llm_response", "score", "task_type"]):
            score = np.asarray(batch["score"].to_numpy(zero_copy_only=False), float)
            size = np.asarray(pc.utf8_length(batch["llm_response"]).to_numpy(zero_copy_only=False), float)
            right = files.passes(batch["task_type"].to_pylist(), score)
            masks = {"right": right, "wrong": ~right & ~np.isnan(score), "unscorable": np.isnan(score)}
            for name, mask in masks.items():
                found.setdefault(name, []).append(size[mask])
    elif "generations" in columns:
        for batch in files.batches(output, ["generations"]):
            flat = batch["generations"].flatten()
            found.setdefault("plain", []).append(
                np.asarray(pc.utf8_length(flat).to_numpy(zero_copy_only=False), float)
            )
    else:
        for column, name in (("chosen", "right"), ("rejected", "wrong"), ("messages", "plain")):
            if column in columns:
                sizes = [_last_lengths(batch[column]) for batch in files.batches(output, [column])]
                found[name] = sizes
    joined = {name: np.concatenate([np.zeros(0), *sizes]) for name, sizes in found.items()}
    return {name: sizes for name, sizes in joined.items() if len(sizes)}


def _last_lengths(conversations: pa.Array) -> Numbers:
    """Characters of the last turn of each conversation."""
    contents = pc.utf8_length(pc.struct_field(conversations.flatten(), "content"))
    ends = np.cumsum(pc.list_value_length(conversations).to_numpy(zero_copy_only=False)) - 1
    return np.asarray(contents.to_numpy(zero_copy_only=False), float)[ends.astype(np.int64)]


def token_counts(files: DatasetFiles, output: str) -> dict[str, int]:
    """Response -> sampled tokens, from the metadata of a raw output; those that were not counted are left out."""
    counts: dict[str, int] = {}
    for batch in files.batches(output, ["response_id", "metadata"]):
        found = pc.extract_regex(batch["metadata"], pattern=r'"completion_tokens": ?(?P<tokens>\d+)')
        tokens = pc.struct_field(found, "tokens")
        for name, count in zip(batch["response_id"].to_pylist(), tokens.to_pylist(), strict=True):
            if count is not None:
                counts[name] = int(count)
    return counts
