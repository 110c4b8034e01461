r"""Sampler `recording`: responses that exist already, put through the same collector.

    {"problem_id": "math-7", "llm_response": "<think>…</think>\\boxed{4}", "model_name": "deepseek-r1"}
    {"problem_id": "math-7", "llm_response": "<think>…</think>\\boxed{5}", "finish_reason": "length"}

The first row of a problem in the file is its sample 0, the next one its sample 1, and so on.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from array import array
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, Literal, NamedTuple

from genesys.envs.sources.rows import located_error, open_file, read_rows
from genesys.errors import ConfigurationError, MalformedRow, SamplerError
from genesys.rollouts.importing import (
    FINISH_REASONS,
    MODEL_COLUMNS,
    REASONING_COLUMNS,
    TEXT_COLUMNS,
    count_of,
    finish_reason_of,
    model_of,
    text_of,
)
from genesys.rollouts.sampler import Capabilities, Sample, SampleRequest
from genesys.schema import FinishReason, Sampling

COLUMNS = (
    "problem_id",
    *TEXT_COLUMNS,
    *REASONING_COLUMNS,
    *MODEL_COLUMNS,
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
)
"""Columns that are looked at."""

IN_MEMORY = 64 * 2**20
"""Bytes of texts beyond which they go to a temporary file, so that a recording may outgrow memory."""

_UNKNOWN = -1


class RecordingSampler:
    """Answers requests with the rows of a file.

    Args:
        model: A JSONL, gzipped JSONL or Parquet file with `problem_id` and `llm_response` (or `text`), and,
            where known, `finish_reason`, `model_name`, `prompt_tokens` and `completion_tokens`.
        sampling: What the recording was sampled with, as far as it is known; part of a run's identity.
        label: The model's name; by default the one that all rows give, or else the file's.
        missing: What a sample is that the file does not hold. `"fail"` stops with an error, as a run would
            otherwise be smaller than it says; `"mark"` gives an empty sample with
            `finish_reason="error"`, so that the rest goes on.
        skip_malformed: Leave malformed rows out and count them in `skipped` instead of stopping.

    Raises:
        ConfigurationError: If there is no such file, or its rows come from several models and no label
            says what to call them.
        MalformedRow: If a row has no id or text; the error names file and line.
    """

    def __init__(
        self,
        model: str,
        sampling: Sampling,
        *,
        label: str | None = None,
        missing: Literal["fail", "mark"] = "fail",
        skip_malformed: bool = False,
    ) -> None:
        if missing not in ("fail", "mark"):
            raise ConfigurationError(f"missing must be 'fail' or 'mark', not {missing!r}")
        self._path, self._missing = model, missing
        self._shelf = _Shelf()
        self.skipped = 0
        names: set[str] = set()
        for row in self._rows(skip_malformed):
            self._shelf.add(row)
            names.update([row.model] if row.model else [])
        self.model = label or _one_name(names, model)
        with open_file(model) as file:
            self.model_revision: str | None = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
        self.sampling = sampling
        self.settings: Mapping[str, Any] = {}
        self.capabilities = Capabilities(reproducible=True, honours_n=True, streams=True)

    async def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yields the recorded responses that a request names.

        Raises:
            SamplerError: If one is missing and that is to be an error, or the sampler is closed.
        """
        await asyncio.sleep(0)  # a recording has nothing to wait for, and others want their turn
        for index in request.sample_indices:
            yield self._sample(request.problem_id, index)

    async def aclose(self) -> None:
        """Lets the texts go; idempotent."""
        self._shelf.close()

    def _sample(self, problem_id: str, index: int) -> Sample:
        found = self._shelf.find(problem_id, index)
        if found is None and self._missing == "fail":
            held = self._shelf.count(problem_id)
            raise SamplerError(
                f"the recording {self._path!r} holds {held} responses to the problem {problem_id!r}, "
                f"and sample {index} (counted from 0) was asked for",
                "Ask for fewer with --n, leave the problem out, or give the sampler missing=mark.",
            )
        row = found or _Row("", "error", _UNKNOWN, _UNKNOWN)
        return Sample(
            problem_id=problem_id,
            sample_index=index,
            text=row.text,
            finish_reason=row.finish_reason,
            prompt_tokens=_known(row.prompt_tokens),
            completion_tokens=_known(row.completion_tokens),
            started_at=time.time(),
        )

    def _rows(self, skip_malformed: bool) -> Iterator[_Row]:
        def count(_: MalformedRow) -> None:
            self.skipped += 1

        for number, row in read_rows(
            self._path, columns=COLUMNS, on_malformed=count if skip_malformed else None
        ):
            try:
                yield _parsed(row)
            except MalformedRow as error:
                if not skip_malformed:
                    raise located_error(self._path, number, error) from None
                self.skipped += 1


class _Row(NamedTuple):
    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    problem_id: str = ""
    model: str = ""


class _Shelf:
    """Rows in order of their problems: numbers in arrays, texts in one spooled file."""

    def __init__(self) -> None:
        self._texts = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - open until aclose
        self._ends = array("Q", [0])
        self._reasons = array("B")
        self._prompt_tokens, self._completion_tokens = array("q"), array("q")
        self._places: dict[str, array[int]] = {}

    def add(self, row: _Row) -> None:
        text = row.text.encode()
        self._texts.write(text)
        self._places.setdefault(row.problem_id, array("Q")).append(len(self._reasons))
        self._ends.append(self._ends[-1] + len(text))
        self._reasons.append(FINISH_REASONS.index(row.finish_reason))
        self._prompt_tokens.append(row.prompt_tokens)
        self._completion_tokens.append(row.completion_tokens)

    def count(self, problem_id: str) -> int:
        return len(self._places.get(problem_id, ()))

    def find(self, problem_id: str, index: int) -> _Row | None:
        if self._texts.closed:
            raise SamplerError("the sampler is closed", "Make a new one for what it did not sample.")
        if not 0 <= index < self.count(problem_id):
            return None
        place = self._places[problem_id][index]
        start, end = self._ends[place], self._ends[place + 1]
        self._texts.seek(start)
        return _Row(
            text=self._texts.read(end - start).decode(),
            finish_reason=FINISH_REASONS[self._reasons[place]],
            prompt_tokens=self._prompt_tokens[place],
            completion_tokens=self._completion_tokens[place],
        )

    def close(self) -> None:
        self._texts.close()


def _parsed(row: Mapping[str, Any]) -> _Row:
    problem_id = row.get("problem_id")
    if not isinstance(problem_id, str) or not problem_id:
        raise MalformedRow(f"problem_id must be text, not {problem_id!r}")
    return _Row(
        text=text_of(row),
        finish_reason=finish_reason_of(row.get("finish_reason")),
        prompt_tokens=_count(row, "prompt_tokens"),
        completion_tokens=_count(row, "completion_tokens"),
        problem_id=problem_id,
        model=model_of(row) or "",
    )


def _count(row: Mapping[str, Any], column: str) -> int:
    count = count_of(row, column)
    return _UNKNOWN if count is None else count


def _known(count: int) -> int | None:
    return None if count == _UNKNOWN else count


def _one_name(names: set[str], path: str) -> str:
    if len(names) > 1:
        raise ConfigurationError(
            f"the recording {path!r} holds responses of {len(names)} models: {', '.join(sorted(names)[:5])}",
            "Name the mixture with the sampler's option label, or split the file.",
        )
    return next(iter(names), Path(path).name)
