"""A problem: a question with what is needed to check an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from genesys.errors import MalformedRow
from genesys.schema.digests import canonical_json, digest_of
from genesys.schema.parsing import parse_struct
from genesys.schema.text import without_surrogates

TASK_TYPES = (
    "verifiable_math",
    "verifiable_code",
    "llm_judgeable_groundtruth_similarity",
    "code_output_prediction",
)
"""The task types of SYNTHETIC-1. Other packages may bring their own: any word is a task type."""

_ALIASES = {"verifiable_code_understanding": "code_output_prediction"}


def canonical_task_type(task_type: str) -> str:
    """The one name of a task type that was published under two."""
    return _ALIASES.get(task_type, task_type)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One row of a task dataset, in the schema that SYNTHETIC-1's task datasets share.

    Attributes:
        problem_id: Unique within a run.
        source: The dataset or generator it comes from, such as "orca_math".
        task_type: Decides which verifier is used.
        in_source_id: Its name in the source, or None.
        prompt: The question as put to the model.
        gold_standard_solution: A full right solution, or None where only the answer is known.
        verification_info: What the verifier needs: `{"ground_truth": "42"}` for mathematics and output
            prediction, tests for code, judging instructions for judged tasks.
        metadata: Anything else: level, url, `answer_format`.
    """

    problem_id: str
    source: str
    task_type: str
    prompt: str
    verification_info: Mapping[str, Any]
    in_source_id: str | None = None
    gold_standard_solution: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what a verdict depends on: task type, prompt, verification_info, gold, answer format."""
        form = self.metadata.get("answer_format")  # the one word of the metadata that verifiers read
        parts = (self.task_type, self.prompt, self.verification_info, self.gold_standard_solution)
        return digest_of(*parts) if form is None else digest_of(*parts, form)

    def to_row(self) -> dict[str, Any]:
        """The published columns in their order, the structs as JSON text."""
        return {
            "problem_id": self.problem_id,
            "source": self.source,
            "task_type": self.task_type,
            "in_source_id": self.in_source_id,
            "prompt": self.prompt,
            "gold_standard_solution": self.gold_standard_solution,
            "verification_info": canonical_json(self.verification_info),
            "metadata": canonical_json(self.metadata),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Problem:
        """Rebuilds a problem from a JSON or Arrow row; columns it does not know are left aside.

        Raises:
            MalformedRow: If a column is missing or has the wrong type; the error names it.
        """
        for column in ("problem_id", "task_type", "prompt"):
            if not isinstance(row.get(column), str):
                raise MalformedRow(f"{column} must be text, not {row.get(column)!r}")
        gold = row.get("gold_standard_solution")
        if gold is not None and not isinstance(gold, str):
            raise MalformedRow(f"gold_standard_solution must be text or null, not {gold!r}")
        in_source_id = row.get("in_source_id")
        return cls(
            problem_id=row["problem_id"],
            source=str(row.get("source") or "unknown"),
            task_type=canonical_task_type(row["task_type"]),
            in_source_id=None if in_source_id is None else str(in_source_id),
            prompt=without_surrogates(row["prompt"]),
            gold_standard_solution=None if gold is None else without_surrogates(gold),
            verification_info=_json_struct(row.get("verification_info"), "verification_info"),
            metadata=_json_struct(row.get("metadata"), "metadata"),
        )


def _json_struct(value: object, column: str) -> dict[str, Any]:
    """A struct that survives JSON, which digests, workers and run folders speak."""
    parsed = parse_struct(value, column=column)
    try:
        canonical_json(parsed)
    except (TypeError, ValueError, RecursionError) as error:
        raise MalformedRow(f"{column} has a value that JSON cannot hold: {error}") from None
    return parsed
