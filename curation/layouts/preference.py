"""Preference pairs in TRL's explicit conversational form, with where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from genesys.curation.layouts.columns import assistant, shaped
from genesys.curation.relations import Texts
from genesys.rollouts.tables import MESSAGES


@dataclass(frozen=True)
class Preference:
    """A prompt, a chosen and a rejected answer; one row a selection [chosen, rejected] of the rule."""

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
        """The narrow columns of pairs, and where the two texts lie."""
        return f"""
        SELECT pair.places[1] AS place, pair.rank, prompt.messages AS prompt,
            chosen.location AS chosen, rejected.location AS rejected,
            chosen.problem_id, chosen.task_type, chosen.response_id AS chosen_response_id,
            rejected.response_id AS rejected_response_id,
            chosen.score AS score_chosen, rejected.score AS score_rejected
        FROM selected_{output} pair
        JOIN candidate chosen ON chosen.place = pair.places[1]
        JOIN candidate rejected ON rejected.place = pair.places[2]
        JOIN problem_row prompt ON prompt.location = chosen.prompt_location
        """

    def finish(self, batch: pa.RecordBatch, texts: Texts) -> pa.RecordBatch:
        """The two texts as conversations."""
        made = {name: assistant(texts.of(batch.column(name))) for name in ("chosen", "rejected")}
        return shaped([made.get(name, batch[name]) for name in self.schema.names], self.schema)
