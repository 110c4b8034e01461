"""The words by which curation names its tables, and what its pluggable pieces are.

Curation decides on narrow rows and touches the long texts last:

    completion_row, problem_row, score_row   views over all parts and spools of all runs
    candidate     one narrow row a response: its place in the total order, its score, where its texts lie
    dropped       (output, place, step, reason): why a candidate is not in an output
    kept_<output>      (place): what the output's steps kept
    selected_<output>  (problem_id, reason, places): what its rule selected, or why nothing

The columns of `candidate`:

    place             its number in the total order by (problem_id, sample_index, response_id)
    location, score_location, problem_location, prompt_location
                      of its text, verdict, problem and messages in the views; no score_location: unscored
    response_id, problem_id, task_type, source, sample_index, finish_reason, text_digest
    size              bytes of its text and its problem
    open_think        whether its reasoning never closed
    verifier, score, cause
    passes            whether its score reaches the threshold of its task type
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake


class Step(Protocol):
    """Judges rows: keeps each, or drops it with a reason.

    A step is a frozen, keyword-only dataclass whose fields are its settings in a recipe.
    """

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Judges the rows of a view.

        Args:
            lake: The connection, with all views and tables.
            rows: Name of a view with the columns of `candidate`.

        Returns:
            A relation (place, reason) with every row once; a null reason keeps the row.
        """
        ...


class Rule(Protocol):
    """Selects among the completions of each problem; a frozen, keyword-only dataclass."""

    def check(self, thresholds: Mapping[str, float]) -> None:
        """Says whether the rule makes sense with a recipe's thresholds.

        Raises:
            ConfigurationError: If it does not.
        """
        ...

    def select(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Selects among the rows of a view.

        Returns:
            A relation (problem_id, reason, places) with every problem of `rows` once; the places of what
            is selected in the order that the layout expects, or null with a reason.
        """
        ...


class Layout(Protocol):
    """The columns of an output, and where they come from."""

    schema: ClassVar[pa.Schema]
    selected: ClassVar[bool]
    """Whether it is made of `selected_<output>`, and so needs a rule, or of `kept_<output>`."""

    def query(self, output: str) -> str:
        """SQL of the rows in any order, with a column `place`, of `candidate`, that says which they come in."""
        ...

    def finish(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Makes the columns of the schema out of a batch of the query's."""
        ...
