"""From runs to candidates: each response once, with its problem, and with the verdict that counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from genesys.curation.lake import Lake
from genesys.curation.recipe import Recipe
from genesys.curation.snapshot import Snapshot
from genesys.curation.verifier_choice import choose_verifiers
from genesys.errors import Conflict, DataError
from genesys.rollouts.tables import COMPLETIONS, PROBLEMS, SCORES

_VIEWS = {
    "completions": ("completion_row", [name for name in COMPLETIONS.names if name not in ("token_ids", "logprobs")]),
    "problems": ("problem_row", PROBLEMS.names),
    "scores": ("score_row", SCORES.names),
}  # fmt: skip

# The reasoning is open where no close tag follows the last open one; see schema.split_reasoning.
_OPEN_THINK = "contains(text, '<think>') AND NOT contains(string_split(text, '<think>')[-1], '</think>')"

_SEEN = f"""
SELECT location, run, response_id, problem_id, problem_digest, text_digest, sample_index, finish_reason,
    {_OPEN_THINK} AS open_think, strlen(text) AS size
FROM completion_row
"""

# Runs are numbered by what they are, so that "the first run's" does not depend on the order given.
_RESPONSE = """
SELECT * FROM seen QUALIFY row_number() OVER (PARTITION BY response_id ORDER BY run, location) = 1
"""

_RENDERING = """
SELECT run, problem_id, location, problem_digest, task_type, source,
    strlen(prompt) + strlen(verification_info) + strlen(metadata) + strlen(messages::VARCHAR)
        + coalesce(strlen(gold_standard_solution), 0) AS size,
    first_value(location) OVER (PARTITION BY problem_id, md5(messages::VARCHAR) ORDER BY run, location)
        AS prompt_location
FROM problem_row QUALIFY row_number() OVER (PARTITION BY run, problem_id ORDER BY location) = 1
"""

_PROBLEM = """
SELECT problem_id, task_type, source, location AS problem_location
FROM rendering QUALIFY row_number() OVER (PARTITION BY problem_id ORDER BY run) = 1
"""

# A verdict that was tried again has a later row: the score stands before none, then the latest row.
_SCORE = """
SELECT response_id, score_row.location AS score_location, verifier, score, cause
FROM score_row
JOIN response USING (response_id, text_digest, problem_digest)
JOIN problem ON problem.problem_id = response.problem_id
JOIN chosen_verifier USING (task_type, verifier)
QUALIFY row_number() OVER (
    PARTITION BY response_id ORDER BY score IS NULL, score_row.run, score_row.location DESC
) = 1
"""

_CANDIDATE = """
SELECT row_number() OVER (ORDER BY problem_id, sample_index, response_id) AS place,
    response.location, score_location, problem_location, prompt_location,
    response_id, problem_id, problem.task_type, problem.source, sample_index, finish_reason, text_digest,
    response.size + rendering.size AS size, open_think, verifier, score, cause, coalesce(score >= coalesce(least, {default}), false) AS passes
FROM response
JOIN problem USING (problem_id)
JOIN rendering USING (run, problem_id)
LEFT JOIN score USING (response_id)
LEFT JOIN threshold ON threshold.task_type = problem.task_type
"""


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What was read.

    Attributes:
        per_run: Responses of each run, in the order of the runs.
        responses: Distinct ones: what every output is made from.
        verifiers: Task type -> key of the verifier whose scores count.
    """

    per_run: tuple[int, ...]
    responses: int
    verifiers: Mapping[str, str]


def take_in(lake: Lake, snapshot: Snapshot, recipe: Recipe, verifiers: tuple[str, ...]) -> Intake:
    """Makes the table `candidate`.

    Raises:
        Conflict: If one id stands for two texts, or for two problems.
        ConfigurationError: If it is not clear whose scores count.
        DataError: If the runs hold no completions, or a completion without its problem.
    """
    for kind, (view, columns) in _VIEWS.items():
        lake.create_view(view, columns, snapshot.rows[kind])
    lake.execute(f"CREATE TEMP TABLE seen AS {_SEEN}")
    per_run = _per_run(lake, snapshot)
    if not any(per_run):
        names = ", ".join(str(run.folder) for run in snapshot.runs)
        raise DataError(f"nothing to curate: {names} holds no completions", "Run `genesys collect` first.")
    _refuse_conflicts(lake, snapshot)
    lake.execute(f"CREATE TEMP TABLE response AS {_RESPONSE}")
    lake.execute("DROP TABLE seen")
    lake.execute(f"CREATE TEMP TABLE problem AS {_PROBLEM}")
    chosen = choose_verifiers(lake, recipe, verifiers)
    _fill(lake, "chosen_verifier(task_type VARCHAR, verifier VARCHAR)", chosen)
    _fill(lake, "threshold(task_type VARCHAR, least DOUBLE)", recipe.thresholds)
    lake.execute(f"CREATE TEMP TABLE score AS {_SCORE}")
    lake.execute(f"CREATE TEMP TABLE candidate AS {_CANDIDATE.format(default=recipe.default_threshold)}")
    lake.execute("CREATE TEMP TABLE dropped (output VARCHAR, place BIGINT, step VARCHAR, reason VARCHAR)")
    return Intake(per_run=per_run, responses=lake.number("SELECT count(*) FROM candidate"), verifiers=chosen)


def _per_run(lake: Lake, snapshot: Snapshot) -> tuple[int, ...]:
    counts = dict(lake.rows("SELECT run, count(DISTINCT response_id) FROM seen GROUP BY run"))
    return tuple(counts.get(number, 0) for number in range(len(snapshot.runs)))


def _refuse_conflicts(lake: Lake, snapshot: Snapshot) -> None:
    _refuse(
        lake, snapshot, "seen", "response_id", "text_digest",
        "response {!r} has one text in {} and another in {}",
        "Leave one of the runs out: two responses of one id cannot both be right.",
    )  # fmt: skip
    lake.execute(f"CREATE TEMP TABLE rendering AS {_RENDERING}")
    _refuse(
        lake, snapshot, "rendering", "problem_id", "problem_digest",
        "problem {!r} is one thing in {} and another in {}",
        "Its prompt, its gold or its verification_info differ: give the problems of one run other ids, "
        "or leave one of the runs out.",
    )  # fmt: skip
    _refuse_orphans(lake, snapshot)


def _refuse(
    lake: Lake, snapshot: Snapshot, table: str, key: str, content: str, fault: str, remedy: str
) -> None:
    """Raises a Conflict for the first key under which a table holds two contents."""
    found = lake.rows(
        f"SELECT {key}, arg_min(run, {content}), arg_max(run, {content}) FROM {table} GROUP BY {key} "
        f"HAVING min({content}) <> max({content}) ORDER BY {key} LIMIT 1"
    )
    for name, *runs in found:
        first, second = sorted(str(snapshot.runs[run].folder) for run in runs)
        raise Conflict(fault.format(name, first, second), remedy)


def _refuse_orphans(lake: Lake, snapshot: Snapshot) -> None:
    found = lake.rows(
        "SELECT run, response_id, problem_id FROM seen ANTI JOIN rendering "
        "USING (run, problem_id, problem_digest) ORDER BY run, response_id LIMIT 1"
    )
    for run, response_id, problem_id in found:
        raise DataError(
            f"{snapshot.runs[run].folder} holds response {response_id!r} but not its problem {problem_id!r}",
            "The run folder is incomplete: restore its problems/ from a copy.",
        )


def _fill(lake: Lake, table: str, values: Mapping[str, object]) -> None:
    lake.execute(f"CREATE TEMP TABLE {table}")
    for key, value in values.items():
        lake.execute(f"INSERT INTO {table.partition('(')[0]} VALUES (?, ?)", [key, value])
