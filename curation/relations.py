"""The words by which curation names its tables, and what its pluggable pieces are.

Curation decides on narrow rows and touches the long texts last:

    completion_row, problem_row, score_row   views over all parts and spools of all runs
    candidate     one narrow row a response: its place in the total order, its score, where its texts lie
    dropped       (output, place, step, reason, detail): why a candidate is not in an output; step is an index
    kept_<output>      (place): what the output's steps kept
    selected_<output>  (problem_id, rank, reason, places): what its rule selected, or why nothing

The columns of `candidate`:

    place             its number in the total order by (problem_id, sample_index, response_id)
    location, score_location, problem_location, prompt_location
                      of its text, verdict, problem and messages in the views; no score_location: unscored
    response_id, problem_id, task_type, source, sample_index, finish_reason, completion_tokens
    text_key          128 bits of its text's digest: equal texts have equal ones
    text_size         bytes of its text
    size              bytes of its text and its problem
    open_think        whether its reasoning never closed
    continued         whether another completion continues it
    verifier, score, cause
    passes            whether its score reaches the threshold of its task type
    symbolic          whether it passes without a judge having had a say
    judge, judged     the judge that gave a second opinion, and whether it finds the answer right; null: none
    right             whether it passes, or the judge finds it right
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

    A step is a frozen, keyword-only dataclass whose fields are its settings in a recipe. It may have a method
    `facts()` that returns what else decides, as JSON types: versions of a library, the digest of a file. They stand
    in the manifest.
    """

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        """Judges the rows of a view.

        Args:
            lake: The connection, with all views and tables.
            rows: Name of a view with the columns of `candidate`.

        Returns:
            A relation (place, reason), maybe with a column `detail` that says more, with every row once; a
            null reason keeps the row.
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
            is selected in the order that the layout expects, or null with a reason. With a column `rank`, from
            1, a problem may have several selections.
        """
        ...


class Texts(Protocol):
    """The long texts, which do not go through SQL."""

    def of(self, locations: pa.Array) -> pa.Array:
        """The texts of completions by their `candidate.location`, in the order given."""
        ...


class Layout(Protocol):
    """The columns of an output, and where they come from."""

    schema: ClassVar[pa.Schema]
    selected: ClassVar[bool]
    """Whether it is made of `selected_<output>`, and so needs a rule, or of `kept_<output>`."""

    def query(self, output: str) -> str:
        """SQL of the rows of a bucket, in any order.

        The bucket's rows have the names and columns they have in the lake, without the column `run`. A column
        `place`, and `rank` where there is one, say in which order the rows come.
        """
        ...

    def finish(self, batch: pa.RecordBatch, texts: Texts) -> pa.RecordBatch:
        """Makes the columns of the schema out of a batch of the query's, and the texts that it names."""
        ...
