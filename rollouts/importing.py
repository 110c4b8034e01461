"""Responses that exist already: published raw rows, with the scores others gave them.

A row is a problem's columns with `llm_response`, as in SYNTHETIC-1's raw dump, or a problem with its
`generations`, as in OpenR1-Math-220k. This is the one reader of such rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isinf, isnan
from pathlib import Path
from typing import Any, get_args

from genesys.envs.sources.rows import located_error, read_rows
from genesys.errors import MalformedRow
from genesys.rollouts.provenance import split_provenance
from genesys.schema import FinishReason, Problem, canonical_text, digest_of, parse_struct

TEXT_COLUMNS = ("llm_response", "response", "text")
REASONING_COLUMNS = ("reasoning_content", "reasoning")
SCORE_COLUMNS = ("expected_score", "score")
MODEL_COLUMNS = ("model_name", "model")
SAMPLING_COLUMNS = ("generation_config", "sampling")

PUBLISHED = "published@0"
"""The key under which a run keeps the scores that an imported row carries: nobody here has verified them."""

FINISH_REASONS: tuple[FinishReason, ...] = get_args(FinishReason)
_WORDS: Mapping[str, FinishReason] = {
    **{reason: reason for reason in FINISH_REASONS},
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
}
"""Ours, and what other servers say for the same; anything else is a malformed row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response of a file.

    Attributes:
        problem: What it answers.
        response_id: The row's own, or derived from its content where it has none.
        text: Canonical text.
        model: Who answered, or None.
        published: Verifier key -> score that the row carries; the first one counts where one is asked for.
        finish_reason: The row's, or "stop" where it gives none.
        prompt_tokens: The row's, or None.
        completion_tokens: The row's, or None.
        sampling: How it was sampled, as far as the row says.
    """

    problem: Problem
    response_id: str
    text: str
    model: str | None = None
    published: Mapping[str, float] = field(default_factory=dict)
    finish_reason: FinishReason = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known_score(self) -> float | None:
        """The score the row carries, or None."""
        return next(iter(self.published.values()), None)


def read_responses(
    path: Path | str,
    *,
    problems: Mapping[str, Problem] | None = None,
    on_malformed: Callable[[MalformedRow], None] | None = None,
) -> Iterator[Response]:
    """Reads the responses of a JSONL, gzipped JSONL or Parquet file.

    Args:
        path: The file.
        problems: Problems by id, for rows that hold a `problem_id` alone. Rows without a source are
            counted under the file's name.
        on_malformed: Gets the error of each row that is left out; None raises it.

    Raises:
        MalformedRow: If a row does not parse; the error names file and line.
    """
    from genesys.rollouts.openr1_rows import is_openr1, openr1_responses

    unnamed = Path(path).name.split(".")[0]
    for line, row in read_rows(path, on_malformed=on_malformed):
        named = {**row, "source": row.get("source") or unnamed}
        try:
            yield from openr1_responses(named) if is_openr1(row) else [_response(named, problems or {})]
        except MalformedRow as error:
            located = located_error(path, line, error)
            if on_malformed is None:
                raise located from None
            on_malformed(located)


def _response(row: Mapping[str, Any], problems: Mapping[str, Problem]) -> Response:
    text = text_of(row)
    row, problem = _with_problem(row, problems)
    given = row.get("response_id")
    score = _known_score(row)
    return Response(
        problem=problem,
        response_id=derived_id(problem, text) if given is None else str(given),
        text=text,
        model=model_of(row),
        published={} if score is None else {PUBLISHED: score},
        finish_reason=finish_reason_of(row.get("finish_reason")),
        prompt_tokens=count_of(row, "prompt_tokens"),
        completion_tokens=count_of(row, "completion_tokens"),
        sampling=parse_struct(_first_of(row, SAMPLING_COLUMNS), column="generation_config"),
    )


def _with_problem(
    row: Mapping[str, Any], problems: Mapping[str, Problem]
) -> tuple[Mapping[str, Any], Problem]:
    """The row with what its metadata say of the response, and its problem without that."""
    known = problems.get(str(row.get("problem_id")))
    if known is not None:
        return row, known
    metadata, provenance = split_provenance(parse_struct(row.get("metadata"), column="metadata"))
    if row.get("hf_dataset_name") is not None:
        metadata["hf_dataset_name"] = row["hf_dataset_name"]
    return {**provenance, **row}, Problem.from_row({**row, "metadata": metadata})


def derived_id(problem: Problem, text: str) -> str:
    """The id of a response whose row gives none: its content decides."""
    return digest_of(problem.problem_id, problem.digest, text, bits=128)


def text_of(row: Mapping[str, Any]) -> str:
    """The canonical text of a row's response.

    Raises:
        MalformedRow: If no column holds one.
    """
    content, reasoning = _first_of(row, TEXT_COLUMNS), _first_of(row, REASONING_COLUMNS)
    if not isinstance(content, str):
        raise MalformedRow(
            f"none of the columns {', '.join(TEXT_COLUMNS)} holds the response's text: {content!r}"
        )
    return canonical_text(content, reasoning if isinstance(reasoning, str) else None)


def model_of(row: Mapping[str, Any]) -> str | None:
    """Who gave a row's response, or None."""
    model = _first_of(row, MODEL_COLUMNS)
    return None if model is None else str(model)


def finish_reason_of(value: object) -> FinishReason:
    """A row's finish reason in our words; "stop" where it gives none.

    Raises:
        MalformedRow: If it is none of the known words.
    """
    if value is None:
        return "stop"
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    raise MalformedRow(f"finish_reason must be one of {', '.join(FINISH_REASONS)}, not {value!r}")


def count_of(row: Mapping[str, Any], column: str) -> int | None:
    """A row's count of tokens, or None where it gives none.

    Raises:
        MalformedRow: If it is no count.
    """
    value = row.get(column)
    if value is None or (isinstance(value, float) and isnan(value)):  # pandas' missing number is a NaN
        return None
    if not isinstance(value, int | float) or value < 0 or isinf(value) or value != int(value):
        raise MalformedRow(f"{column} must be a count, not {value!r}")
    return int(value)


def _first_of(row: Mapping[str, Any], columns: tuple[str, ...]) -> object:
    return next((row[column] for column in columns if row.get(column) is not None), None)


def _known_score(row: Mapping[str, Any]) -> float | None:
    """Published dumps hold scores as numbers, booleans and texts."""
    value = _first_of(row, SCORE_COLUMNS)
    if value is None:
        return None
    try:
        return float(value)  # type: ignore[arg-type]  # what is no number raises, and is named below
    except (TypeError, ValueError):
        raise MalformedRow(f"the known score {value!r} is no number") from None
