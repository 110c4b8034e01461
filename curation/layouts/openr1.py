"""OpenR1-Math-220k: one row a problem, with all its generations and what verifiers said of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from genesys.curation.layouts.columns import answered, as_text, grouped, shaped, struct
from genesys.curation.relations import Texts
from genesys.rollouts.tables import MESSAGES

_FROM_METADATA = ("solution", "problem_type", "question_type", "uuid")


@dataclass(frozen=True)
class OpenR1Math:
    """A problem with its generations, in the published columns; one row a group that the rule selects.

    `correctness_math_verify` is what the symbolic verifier found (false where it could not decide),
    `correctness_llama` what a judge found (null where none was asked), `correctness_count` how many are right
    by either, and `messages` the conversation with the first of these.
    """

    selected: ClassVar[bool] = True
    schema: ClassVar[pa.Schema] = pa.schema(
        [
            ("problem", pa.string()),
            ("solution", pa.string()),
            ("answer", pa.string()),
            ("problem_type", pa.string()),
            ("question_type", pa.string()),
            ("source", pa.string()),
            ("uuid", pa.string()),
            ("is_reasoning_complete", pa.list_(pa.bool_())),
            ("generations", pa.list_(pa.string())),
            ("correctness_math_verify", pa.list_(pa.bool_())),
            ("correctness_llama", pa.list_(pa.bool_())),
            ("finish_reasons", pa.list_(pa.string())),
            ("correctness_count", pa.int64()),
            ("messages", MESSAGES),
        ]
    )

    def query(self, output: str) -> str:
        """Each group's problem, and its completions as lists in the order of places."""
        return f"""
        WITH member AS (
            SELECT problem_id, rank, unnest(places) AS place FROM selected_{output} WHERE reason IS NULL
        )
        SELECT min(candidate.place) AS place, any_value(member.rank) AS rank,
            any_value(problem.prompt) AS problem, any_value(candidate.source) AS source,
            any_value(problem.verification_info) AS verification_info, any_value(problem.metadata) AS metadata,
            list(candidate.location ORDER BY candidate.place) AS generations,
            list(symbolic ORDER BY candidate.place) AS correctness_math_verify,
            CASE WHEN count(judged) > 0 THEN list(judged ORDER BY candidate.place) END AS correctness_llama,
            list(finish_reason ORDER BY candidate.place) AS finish_reasons,
            count(*) FILTER ("right") AS correctness_count,
            first(candidate.location ORDER BY candidate.place) FILTER ("right") AS right_location,
            first(prompt.messages ORDER BY candidate.place) FILTER ("right") AS messages
        FROM member JOIN candidate USING (place)
        JOIN problem_row problem ON problem.location = candidate.problem_location
        JOIN problem_row prompt ON prompt.location = candidate.prompt_location
        GROUP BY member.problem_id, member.rank
        """

    def finish(self, batch: pa.RecordBatch, texts: Texts) -> pa.RecordBatch:
        """Adds the texts, what is read from them, and the fields of the problem's structs."""
        metadata = [struct(text) for text in batch.column("metadata").to_pylist()]
        golds = [struct(text).get("ground_truth") for text in batch.column("verification_info").to_pylist()]
        generations = batch.column("generations")
        flat = texts.of(generations.flatten())
        made = {
            name: pa.array([as_text(fields.get(name)) for fields in metadata], pa.string())
            for name in _FROM_METADATA
        }
        made |= {
            "answer": pa.array([as_text(gold) for gold in golds], pa.string()),
            "generations": grouped(flat, generations),
            "is_reasoning_complete": grouped(reasoning_complete(flat), generations),
            "messages": answered(batch.column("messages"), texts.of(batch.column("right_location"))),
        }
        columns = [made[name] if name in made else batch.column(name) for name in self.schema.names]
        return shaped(columns, self.schema)


def reasoning_complete(texts: pa.Array) -> pa.Array:
    """Whether each text has exactly one think block, and it is closed."""
    opened, closed = "<think>", "</think>"
    once = pc.and_(
        pc.equal(pc.count_substring(texts, opened), 1), pc.equal(pc.count_substring(texts, closed), 1)
    )
    return pc.and_(once, pc.less(pc.find_substring(texts, opened), pc.find_substring(texts, closed)))
