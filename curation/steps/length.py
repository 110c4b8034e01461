"""The step on length in tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from genesys.curation.measuring import measured
from genesys.errors import ConfigurationError, DataError
from genesys.optional import require

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake

_ONE_AT_A_TIME = Lock()
"""Tokenizers have threads of their own, and refuse to be borrowed by two of ours."""


@dataclass(frozen=True, kw_only=True)
class Length:
    """Drops completions that are too short or too long.

    Attributes:
        at_least: Tokens.
        at_most: Tokens; None for no limit.
        tokenizer: Folder or hub id of a tokenizer that counts all texts; None takes the counts of the runs.
    """

    at_least: int = 1
    at_most: int | None = None
    tokenizer: str | None = None

    def __post_init__(self) -> None:
        if self.at_most is not None and self.at_most < self.at_least:
            raise ConfigurationError(
                f"length keeps {self.at_least} to {self.at_most} tokens, which is nothing"
            )

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Drops rows as `too_short` or `too_long`; the detail is the number of tokens."""
        counted, count = rows, "completion_tokens"
        if self.tokenizer is not None:
            name = self.tokenizer
            table = measured(lake, rows, f"tokens_{name}", lambda texts: _counts(name, texts), pa.int64())
            counted, count = f"{rows} JOIN {table} USING (location)", "value"
        else:
            self._refuse_unknown(lake, rows)
        most = "NULL" if self.at_most is None else str(int(self.at_most))
        return lake.sql(
            f"SELECT place, CASE WHEN {count} < {int(self.at_least)} THEN 'too_short' "
            f"WHEN {count} > {most} THEN 'too_long' END AS reason, {count} || ' tokens' AS detail FROM {counted}"
        )

    def _refuse_unknown(self, lake: Lake, rows: str) -> None:
        unknown = lake.number(f"SELECT count(*) FROM {rows} WHERE completion_tokens IS NULL")
        if unknown:
            raise DataError(
                f"the step 'length' counts tokens, and the runs have no count for {unknown:,} completions",
                'Name a tokenizer: { step = "length", at_most = 16384, tokenizer = "FOLDER or hub id" }.',
            )


@lru_cache(maxsize=2)
def _tokenizer(name: str) -> Any:
    transformers = require("transformers", extra="train", feature="Counting tokens with a tokenizer")
    try:
        return transformers.AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"no tokenizer can be loaded from {name!r}: {error}") from None


def _counts(name: str, texts: pa.Array) -> pa.Array:
    with _ONE_AT_A_TIME:
        encoded = _tokenizer(name)(texts.to_pylist(), add_special_tokens=False)["input_ids"]
    return pa.array([len(ids) for ids in encoded], pa.int64())
