"""From the columns of a training dataset to problems."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from genesys.errors import ConfigurationError, MalformedRow, UnknownName
from genesys.rewards.answers import READERS
from genesys.schema import Problem, canonical_task_type, digest_of, parse_struct
from genesys.training.completion_text import text_of_prompt

PROBLEM_COLUMN = "problem"
_OF_THE_TRAINER = {"trainer_state", "log_extra", "log_metric", "environments"}
_STRUCTS = {"verifiable_code"}
"""Task types whose gold is a struct of tests, also where a column holds it as JSON."""
_GSM8K = re.compile(r"(?:\A|\n)####[ \t]*(\S[^\n]*)\s*\Z")
"""How GSM8K (arXiv:2110.14168) and what follows it end a solution: a line of its own with the answer."""


@dataclass(frozen=True, kw_only=True)
class ProblemColumns:
    """Where the problems stand.

    Attributes:
        task_type: The task type of somebody's own rows; None reads whole problems from `problem`.
        gold: The column with the gold of somebody's own rows.
    """

    task_type: str | None = None
    gold: str | None = None

    def __post_init__(self) -> None:
        if (self.task_type is None) != (self.gold is None):
            raise ConfigurationError(
                f"task_type={self.task_type!r} and gold={self.gold!r} go together",
                'For columns of your own say both: reward(task_type="verifiable_math", gold="solution").',
            )

    @property
    def column(self) -> str:
        """The one column that is needed."""
        return self.gold or PROBLEM_COLUMN

    def cells(self, columns: Mapping[str, Any], count: int) -> Sequence[Any]:
        """The needed column of a batch.

        Raises:
            ConfigurationError: If it is missing; the error names the columns that are there.
        """
        cells = columns.get(self.column)
        if isinstance(cells, Sequence) and not isinstance(cells, str) and len(cells) == count:
            return cells
        there = sorted(name for name in columns if name not in _OF_THE_TRAINER)
        raise ConfigurationError(
            f"the reward needs the column {self.column!r}, and the dataset has: {', '.join(there) or 'none'}",
            "genesys.training.prompt_dataset makes a dataset with it. For rows of your own name the column of "
            'their golds: reward(task_type="verifiable_math", gold="solution"). The trainer must keep it: '
            "remove_unused_columns=False.",
        )

    def problem(self, cell: object, prompt: object) -> Problem:
        """The problem of one row.

        Raises:
            MalformedRow: If the cell holds none.
        """
        if self.task_type is None:
            return _whole(cell) if isinstance(cell, str) else Problem.from_row(parse_struct(cell))
        return _own(self.task_type, text_of_prompt(prompt), _as_json(cell))


@lru_cache(maxsize=256)
def _whole(cell: str) -> Problem:
    """A group asks for the same problem many times over; some problems bring megabytes of tests."""
    return Problem.from_row(parse_struct(cell, column=PROBLEM_COLUMN))


@lru_cache(maxsize=256)
def _own(task_type: str, prompt: str, gold: str) -> Problem:
    return Problem.from_row(
        {
            "problem_id": f"row-{digest_of(task_type, prompt, gold, bits=64)}",
            "source": "dataset",
            "task_type": task_type,
            "prompt": prompt,
            "verification_info": _verification_info(task_type, json.loads(gold)),
        }
    )


def _verification_info(task_type: str, gold: Any) -> dict[str, Any]:
    """Arrow gives every struct all the fields of its column, with nulls in those that a row does not have."""
    if canonical_task_type(task_type) in _STRUCTS:
        if isinstance(gold, list):
            return {"test_cases": gold}
        gold = parse_struct(gold, column="gold")
    if isinstance(gold, dict):
        return {name: value for name, value in gold.items() if value is not None}
    if isinstance(gold, str) and canonical_task_type(task_type) == "verifiable_math":
        stated = _GSM8K.search(gold)
        gold = stated[1].strip() if stated else gold
    return {"ground_truth": gold}


def _as_json(cell: object) -> str:
    try:
        return json.dumps(cell, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise MalformedRow(f"the gold is no JSON value: {error}") from None


def check_answer_format(answer_format: str | None) -> None:
    """Refuses an answer format that nobody reads.

    Raises:
        UnknownName: With the ones that are.
    """
    if answer_format is not None and answer_format not in READERS:
        raise UnknownName.of("answer format", answer_format, READERS)
