"""Layouts: the exact columns of published datasets, and where they come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from genesys.registry import Registry
from genesys.rollouts.tables import MESSAGES
from genesys.schema import canonical_json

LAYOUTS = Registry(
    "layout",
    "genesys.curation_layouts",
    {
        "synthetic-1-raw": "genesys.curation.layouts:Synthetic1Raw",
        "synthetic-1-sft": "genesys.curation.layouts:Synthetic1Sft",
        "preference": "genesys.curation.layouts:Preference",
    },
)
"""Other packages add theirs through the entry-point group `genesys.curation_layouts`."""

_PROVENANCE = (
    "model",
    "model_revision",
    "template",
    "sampling",
    "sample_index",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "verifier",
)
_ASSISTANT = "{{'content': {text}, 'role': 'assistant'}}"


@dataclass(frozen=True)
class Synthetic1Raw:
    """SYNTHETIC-1 raw: each response with its problem and its verdict, wrong and unscorable ones too.

    `metadata` is the problem's, with the model, its sampling and the verifier; a key that the problem has
    already moves to `problem_metadata`. `verification_result_info` is the verdict's info, with the cause
    as `failure_reason`.
    """

    selected: ClassVar[bool] = False
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            ("response_id", pa.string()),
            ("problem_id", pa.string()),
            ("source", pa.string()),
            ("in_source_id", pa.string()),
            ("hf_dataset_name", pa.string()),
            ("task_type", pa.string()),
            ("prompt", pa.string()),
            ("gold_standard_solution", pa.string()),
            ("llm_response", pa.string()),
            ("verification_info", pa.string()),
            ("score", pa.float64()),
            ("verification_result_info", pa.string()),
            ("metadata", pa.string()),
        ]
    )

    def query(self, output: str) -> str:
        """The published columns, and what `finish` makes the rest of."""
        return f"""
        SELECT place, candidate.response_id, candidate.problem_id, candidate.source, problem.in_source_id,
            candidate.task_type, problem.prompt, problem.gold_standard_solution, answer.text AS llm_response,
            problem.verification_info, candidate.score, candidate.cause, verdict.info, problem.metadata,
            answer.model, answer.model_revision, answer.template, answer.sampling, candidate.sample_index,
            candidate.finish_reason, answer.prompt_tokens, answer.completion_tokens, candidate.verifier
        FROM kept_{output} JOIN candidate USING (place)
        JOIN completion_row answer ON answer.location = candidate.location
        JOIN problem_row problem ON problem.location = candidate.problem_location
        LEFT JOIN score_row verdict ON verdict.location = candidate.score_location
        """

    def finish(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Writes the two JSON columns and the dataset's name."""
        narrow = batch.select(["cause", "info", "metadata", *_PROVENANCE]).to_pylist()
        problems = [json.loads(row["metadata"] or "{}") for row in narrow]
        made = {
            "hf_dataset_name": [_text(metadata.get("hf_dataset_name")) for metadata in problems],
            "verification_result_info": [_result_info(row["cause"], row["info"]) for row in narrow],
            "metadata": [
                _with_provenance(metadata, row) for metadata, row in zip(problems, narrow, strict=True)
            ],
        }
        columns = [
            pa.array(made[field.name], field.type) if field.name in made else batch.column(field.name)
            for field in self.schema
        ]
        return _shaped(columns, self.schema)


@dataclass(frozen=True)
class Synthetic1Sft:
    """SYNTHETIC-1 SFT: the messages of a problem with a completion as the assistant's turn."""

    selected: ClassVar[bool] = False
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            ("response_id", pa.string()),
            ("problem_id", pa.string()),
            ("task_type", pa.string()),
            ("score", pa.float64()),
            ("messages", MESSAGES),
        ]
    )

    def query(self, output: str) -> str:
        """The published columns."""
        return f"""
        SELECT place, candidate.response_id, candidate.problem_id, candidate.task_type, candidate.score,
            list_append(prompt.messages, {_ASSISTANT.format(text="answer.text")}) AS messages
        FROM kept_{output} JOIN candidate USING (place)
        JOIN completion_row answer ON answer.location = candidate.location
        JOIN problem_row prompt ON prompt.location = candidate.prompt_location
        """

    def finish(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The columns as they are."""
        return _shaped(batch.select(self.schema.names).columns, self.schema)


@dataclass(frozen=True)
class Preference:
    """Pairs in TRL's explicit conversational form, with where they come from."""

    selected: ClassVar[bool] = True
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            ("prompt", MESSAGES),
            ("chosen", MESSAGES),
            ("rejected", MESSAGES),
            ("problem_id", pa.string()),
            ("task_type", pa.string()),
            ("chosen_response_id", pa.string()),
            ("rejected_response_id", pa.string()),
            ("score_chosen", pa.float64()),
            ("score_rejected", pa.float64()),
        ]
    )

    def query(self, output: str) -> str:
        """A rule's selection [chosen, rejected] as the columns."""
        return f"""
        SELECT chosen.place, prompt.messages AS prompt,
            [{_ASSISTANT.format(text="right_answer.text")}] AS chosen,
            [{_ASSISTANT.format(text="wrong_answer.text")}] AS rejected,
            chosen.problem_id, chosen.task_type, chosen.response_id AS chosen_response_id,
            rejected.response_id AS rejected_response_id,
            chosen.score AS score_chosen, rejected.score AS score_rejected
        FROM selected_{output} pair
        JOIN candidate chosen ON chosen.place = pair.places[1]
        JOIN candidate rejected ON rejected.place = pair.places[2]
        JOIN completion_row right_answer ON right_answer.location = chosen.location
        JOIN completion_row wrong_answer ON wrong_answer.location = rejected.location
        JOIN problem_row prompt ON prompt.location = chosen.prompt_location
        """

    def finish(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The columns as they are."""
        return _shaped(batch.select(self.schema.names).columns, self.schema)


def _shaped(columns: list[pa.Array], schema: pa.Schema) -> pa.RecordBatch:
    """Columns in a schema's exact types: DuckDB names the items of a list otherwise."""
    cast = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=schema)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _result_info(cause: str | None, info: str | None) -> str:
    found: dict[str, Any] = json.loads(info or "{}")
    return canonical_json(found if cause is None else {**found, "failure_reason": cause})


def _with_provenance(problem: dict[str, Any], row: dict[str, Any]) -> str:
    ours = {name: row[name] for name in _PROVENANCE} | {"sampling": json.loads(row["sampling"] or "{}")}
    taken = {name: problem[name] for name in ours if name in problem}
    return canonical_json({**problem, **ours, **({"problem_metadata": taken} if taken else {})})
