"""What rows of one key in several runs come to: one row, or a conflict that names both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from genesys.errors import Conflict
from genesys.rollouts.external_sort import Sorted
from genesys.rollouts.run_reader import may_retry

_SAYS = {
    "problems": ("problem_digest", "messages"),
    "completions": ("text",),
    "scores": ("score", "cause", "info"),
}
"""What must be equal where the key is."""

_FAULTS = {
    "problems": (
        "problem {problem_id!r} is one thing in {first} and another in {second}",
        "One of the two was harvested from a problem file that was changed. Harvest it anew.",
    ),
    "completions": (
        (
            "response {response_id} (sample {sample_index} of problem {problem_id!r}) has one text in {first} and "
            "another in {second}"
        ),
        (
            "Both sampled it, and the sampler is not reproducible. Keep the shards of a run apart "
            "(genesys collect --shard i/n), and merge folders that share no samples."
        ),
    ),
    "scores": (
        "the verdict of {verifier} on response {response_id} is one in {first} and another in {second}",
        "Leave the scores of one of the two out (its folder scores/{verifier}), or score it anew.",
    ),
}


def one_of(kind: str, rows: Sequence[Sorted], folders: Sequence[str]) -> dict[str, Any]:
    """The row that stands for all rows of a key: the first; of verdicts the first that is a last word.

    Args:
        kind: "problems", "completions" or "scores".
        rows: Rows of one key, in the order of their runs.
        folders: The runs, to be named.

    Raises:
        Conflict: If two differ in what they say.
    """
    if kind == "scores":
        rows = [one for one in rows if not may_retry(one.row["cause"])] or rows[:1]
    first, *others = rows
    for other in others:
        if any(first.row[name] != other.row[name] for name in _SAYS[kind]):
            fault, remedy = _FAULTS[kind]
            places = {"first": folders[first.origin], "second": folders[other.origin]}
            raise Conflict(fault.format(**first.row, **places), remedy.format(**first.row))
    return first.row
