"""Responses that exist already: published raw rows, with the scores others gave them.

A row is a problem's columns with `llm_response`; SYNTHETIC-1's raw rows are of this form. This is the one
reader of such rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genesys.envs.sources.rows import located_error, read_rows
from genesys.errors import MalformedRow
from genesys.schema import Problem, canonical_text, digest_of

TEXT_COLUMNS = ("llm_response", "response", "text")
REASONING_COLUMNS = ("reasoning_content", "reasoning")
SCORE_COLUMNS = ("expected_score", "score")
MODEL_COLUMNS = ("model_name", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response of a file.

    Attributes:
        problem: What it answers.
        response_id: The row's own, or derived from its content where it has none.
        text: Canonical text.
        model: Who answered, or None.
        known_score: The score the row carries, or None.
    """

    problem: Problem
    response_id: str
    text: str
    model: str | None
    known_score: float | None


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
    unnamed = Path(path).name.split(".")[0]
    for line, row in read_rows(path, on_malformed=on_malformed):
        try:
            yield _response({**row, "source": row.get("source") or unnamed}, problems or {})
        except MalformedRow as error:
            located = located_error(path, line, error)
            if on_malformed is None:
                raise located from None
            on_malformed(located)


def _response(row: Mapping[str, Any], problems: Mapping[str, Problem]) -> Response:
    text = text_of(row)
    problem = problems.get(str(row.get("problem_id"))) or Problem.from_row(row)
    given = row.get("response_id")
    derived = digest_of(problem.problem_id, problem.digest, text, bits=128)
    return Response(
        problem=problem,
        response_id=derived if given is None else str(given),
        text=text,
        model=model_of(row),
        known_score=_known_score(row),
    )


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
