"""What `genesys curate` wrote, in TRL's conversational forms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from genesys.errors import ConfigurationError, DataError
from genesys.optional import require

if TYPE_CHECKING:
    from datasets import Dataset


def sft_dataset(path: Path | str) -> Dataset:
    """A curated SFT set in TRL's conversational prompt-completion form.

    The assistant's last turn is the completion, so that a trainer's loss is on it alone, whether or not
    the chat template marks assistant turns.

    Args:
        path: The folder that `genesys curate` wrote, its `sft` folder, or a Parquet file of that form.

    Returns:
        A `datasets.Dataset` with the columns `prompt` and `completion`, both messages.

    Raises:
        MissingExtra: If `datasets` is not installed.
        ConfigurationError: If there is no such set.
        DataError: If it has other columns, or no rows.
    """
    dataset = _read(Path(path), "sft", ("messages",))
    return dataset.map(_split, remove_columns=dataset.column_names, desc="conversations")


def preference_dataset(path: Path | str) -> Dataset:
    """A curated preference set in TRL's explicit conversational form.

    Args:
        path: The folder that `genesys curate` wrote, its `preference` folder, or a Parquet file.

    Returns:
        A `datasets.Dataset` with the columns `prompt`, `chosen` and `rejected`, all messages.

    Raises:
        MissingExtra, ConfigurationError, DataError: As `sft_dataset`.
    """
    return _read(Path(path), "preference", ("prompt", "chosen", "rejected"))


def _read(path: Path, output: str, columns: tuple[str, ...]) -> Dataset:
    datasets = require("datasets", extra="train", feature="reading a curated dataset")
    files = _files(path, output)
    for file in files:
        _check_columns(file, columns, output)
    if sum(pq.read_metadata(file).num_rows for file in files) == 0:
        raise DataError(
            f"{path} holds no row for {output}: nothing passed the recipe",
            "See its README.md for what was dropped and why; sample more, or loosen the recipe.",
        )
    dataset: Dataset = datasets.Dataset.from_parquet([str(file) for file in files], columns=list(columns))
    return dataset


def _files(path: Path, output: str) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigurationError(f"there is no {path}", "Name a folder that `genesys curate` wrote.")
    for folder in (path / output, path):
        files = sorted(folder.glob("*.parquet"))
        if files:
            return files
    if (path / "run.json").is_file():
        raise ConfigurationError(
            f"{path} is a run, not a dataset", f"Make one first: genesys curate {path} --out data/first"
        )
    outputs = sorted({file.parent.name for file in path.glob("*/*.parquet")})
    raise ConfigurationError(
        f"{path} holds no output {output!r}; it holds: {', '.join(outputs) or 'no Parquet files'}",
        "Name a folder that `genesys curate` wrote, or curate with a recipe that has this output.",
    )


def _check_columns(file: Path, columns: tuple[str, ...], output: str) -> None:
    try:
        there = pq.read_schema(file).names
    except Exception as error:  # pyarrow raises half a dozen kinds for a file that is no Parquet
        raise DataError(f"{file} cannot be read as Parquet: {error}") from error
    missing = [column for column in columns if column not in there]
    if missing:
        raise DataError(
            f"{file} lacks the columns {', '.join(missing)} of {output}; it has: {', '.join(there)}",
            "Name the output of `genesys curate` that has them.",
        )


def _split(row: dict[str, Any]) -> dict[str, Any]:
    messages = row["messages"]
    if not messages or messages[-1]["role"] != "assistant":
        raise DataError("a conversation of the dataset does not end with the assistant's turn")
    return {"prompt": messages[:-1], "completion": messages[-1:]}
