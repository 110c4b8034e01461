"""SYNTHETIC-1's raw responses and SFT rows, in the published columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import pyarrow as pa

from genesys.curation.layouts.columns import answered, as_text, shaped, struct
from genesys.curation.relations import Texts
from genesys.rollouts.tables import MESSAGES
from genesys.schema import canonical_json

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
            candidate.task_type, problem.prompt, problem.gold_standard_solution, candidate.location,
            problem.verification_info, candidate.score, candidate.cause, verdict.info, problem.metadata,
            answer.model, answer.model_revision, answer.template, answer.sampling, candidate.sample_index,
            candidate.finish_reason, answer.prompt_tokens, answer.completion_tokens, candidate.verifier
        FROM kept_{output} JOIN candidate USING (place)
        JOIN completion_row answer ON answer.location = candidate.location
        JOIN problem_row problem ON problem.location = candidate.problem_location
        LEFT JOIN score_row verdict ON verdict.location = candidate.score_location
        """

    def finish(self, batch: pa.RecordBatch, texts: Texts) -> pa.RecordBatch:
        """Writes the text, the two JSON columns and the dataset's name."""
        metadata = batch.column("metadata").to_pylist()
        info = zip(batch.column("cause").to_pylist(), batch.column("info").to_pylist(), strict=True)
        ours = zip(*(batch.column(name).to_pylist() for name in _PROVENANCE), strict=True)
        made = {
            "llm_response": texts.of(batch.column("location")),
            "hf_dataset_name": [as_text(_parsed(text).get("hf_dataset_name")) for text in metadata],
            "verification_result_info": [_result_info(*verdict) for verdict in info],
            "metadata": [_with_provenance(text, row) for text, row in zip(metadata, ours, strict=True)],
        }
        columns = [
            pa.array(made[name], pa.string()) if name in made else batch.column(name)
            for name in self.schema.names
        ]
        return shaped(columns, self.schema)


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
            prompt.messages, candidate.location
        FROM kept_{output} JOIN candidate USING (place)
        JOIN problem_row prompt ON prompt.location = candidate.prompt_location
        """

    def finish(self, batch: pa.RecordBatch, texts: Texts) -> pa.RecordBatch:
        """Adds the text as the assistant's turn."""
        messages = answered(batch.column("messages"), texts.of(batch.column("location")))
        columns = [batch.column(name) for name in self.schema.names if name != "messages"]
        return shaped([*columns, messages], self.schema)


@lru_cache(maxsize=1024)
def _parsed(text: str | None) -> Mapping[str, Any]:
    """A problem's metadata; its completions follow one another."""
    return struct(text)


@lru_cache(maxsize=1024)
def _result_info(cause: str | None, info: str | None) -> str:
    found = struct(info)
    return canonical_json(found if cause is None else {**found, "failure_reason": cause})


def _with_provenance(metadata: str | None, values: tuple[Any, ...]) -> str:
    problem = _parsed(metadata)
    ours = dict(zip(_PROVENANCE, values, strict=True))
    ours["sampling"] = struct(ours["sampling"])
    taken = {name: problem[name] for name in ours if name in problem}
    return canonical_json({**problem, **ours, **({"problem_metadata": taken} if taken else {})})
