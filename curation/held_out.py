"""Test sets that training data must not contain: files, and data sets of the hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from genesys.curation.contamination import HeldOutProblem
from genesys.envs.sources.rows import read_rows
from genesys.errors import ConfigurationError, DataError
from genesys.optional import require

KNOWN: Mapping[str, str] = {
    "aime24": "HuggingFaceH4/aime_2024",
    "aime25": "yentinglin/aime_2025",
    "math-500": "HuggingFaceH4/MATH-500",
    "gpqa-diamond": "Idavidrein/gpqa:gpqa_diamond",
    "livecodebench": "livecodebench/code_generation_lite",
}
"""Names for the usual ones on the hub."""

_COLUMNS = ("problem", "prompt", "question", "Question", "question_content", "Problem", "text")
_IDS = ("problem_id", "id", "ID", "unique_id", "question_id", "Record ID")


@lru_cache(maxsize=8)
def load_test_sets(tests: tuple[str, ...]) -> tuple[HeldOutProblem, ...]:
    """Reads test sets.

    Args:
        tests: Each the path of a JSONL, gzip or Parquet file, a known name, or a hub id with a
            configuration where it needs one: "hf:owner/name:configuration".

    Raises:
        ConfigurationError: If one is neither.
        DataError: If a set has no column that holds the problem, or no rows.
    """
    return tuple(problem for name in tests for problem in _read(name))


def _read(name: str) -> list[HeldOutProblem]:
    path = Path(name)
    rows: Iterator[Mapping[str, Any]]
    if path.is_file():
        label, rows = path.name.split(".")[0], (row for _, row in read_rows(path))
    elif name in KNOWN or name.startswith("hf:") or (name.count("/") == 1 and not path.suffix):
        label, rows = name, _hub_rows(KNOWN.get(name, name.removeprefix("hf:")))
    else:
        raise ConfigurationError(
            f"no test set {name!r}: there is no such file",
            f"Give a JSONL or Parquet file, a hub id such as hf:owner/name, or one of: {', '.join(KNOWN)}.",
        )
    found = [_problem(label, number, row) for number, row in enumerate(rows, 1)]
    if not found:
        raise DataError(f"test set {name!r} has no rows")
    return found


def _problem(label: str, number: int, row: Mapping[str, Any]) -> HeldOutProblem:
    text = next((row[column] for column in _COLUMNS if isinstance(row.get(column), str)), None)
    if text is None:
        raise DataError(
            f"test set {label!r}: row {number} has no text under any of {', '.join(_COLUMNS)}",
            "Rename the column that holds the problem's statement.",
        )
    given = next((row[column] for column in _IDS if row.get(column) is not None), number)
    return HeldOutProblem(name=f"{label}#{given}", text=text)


def _hub_rows(name: str) -> Iterator[Mapping[str, Any]]:
    datasets = require("datasets", extra="hub", feature="Reading test sets from the hub")
    repository, _, configuration = name.partition(":")
    try:
        splits: Mapping[str, Iterable[Mapping[str, Any]]] = datasets.load_dataset(
            repository, configuration or None
        )
    # Whatever the hub's client raises, the name, the network or the licence is at fault.
    except Exception as error:  # noqa: BLE001 - the client's errors have no common base
        raise ConfigurationError(
            f"cannot load the test set {name!r} from the hub: {str(error).splitlines()[0] if str(error) else error!r}",
            "Check the name and `hf auth login`, or download it and give the file.",
        ) from None
    for split in sorted(splits):
        yield from splits[split]
