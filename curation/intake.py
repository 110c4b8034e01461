"""From runs to candidates: each response once, with its problem, and with the verdict that counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from genesys.curation.lake import Lake
from genesys.curation.recipe import JUDGED, Recipe
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

# Digests are compared as 128 bits of them: half the memory of their hex, and joins are on numbers.
_SEEN = f"""
SELECT location, run, response_id, problem_id, md5_number(problem_digest) AS problem_key,
    md5_number(text_digest) AS text_key, sample_index, finish_reason, completion_tokens, parent_id,
    {_OPEN_THINK} AS open_think, strlen(text) AS size
FROM completion_row
"""

# Runs are numbered by what they are, so that "the first run's" does not depend on the order given.
_RESPONSE = """
SELECT row_number() OVER (ORDER BY problem_id, sample_index, response_id) AS place, *
FROM (FROM seen QUALIFY row_number() OVER (PARTITION BY response_id ORDER BY run, location) = 1)
"""

_RENDERING = """
SELECT run, problem_id, location, md5_number(problem_digest) AS problem_key, task_type, source,
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

# All verdicts on exactly the text and the problem that the runs hold. A verifier that asks a judge about what it
# leaves open (`dual-math`) says in its info who decided.
_VERDICT = """
SELECT place, task_type, verifier, score, cause, score_row.run, score_row.location,
    split_part(split_part(verifier, '@', 1), '+', 1) IN (SELECT name FROM judge)
        AND NOT regexp_matches(info, '"decided_by": ?"math"') AS by_judge
FROM score_row JOIN response USING (response_id) JOIN problem ON problem.problem_id = response.problem_id
WHERE md5_number(score_row.text_digest) = text_key AND md5_number(score_row.problem_digest) = problem_key
"""

# A verdict that was tried again has a later row: the score stands before none, then the latest row.
_LATEST = (
    "QUALIFY row_number() OVER (PARTITION BY place ORDER BY {first}score IS NULL, run, location DESC) = 1"
)

_SCORE = f"""
SELECT place, verifier, score, cause, location AS score_location, by_judge
FROM verdict JOIN chosen_verifier USING (task_type, verifier) {_LATEST.format(first="")}
"""

_OPINION = f"""
SELECT place, verifier AS judge, score AS judge_score
FROM verdict JOIN judge ON judge.name = split_part(split_part(verifier, '@', 1), '+', 1) WHERE by_judge
{_LATEST.format(first="judge.rank, ")}
"""

_CANDIDATE = """
SELECT place, response.location, score_location, problem_location, prompt_location,
    response_id, problem_id, problem.task_type, problem.source, sample_index, finish_reason, completion_tokens,
    text_key, response.size AS text_size, text_size + rendering.size AS size, open_think,
    parent.parent_id IS NOT NULL AS continued, verifier, score, cause,
    coalesce(score >= coalesce(least, {default}), false) AS passes, 
    passes AND NOT by_judge AS symbolic,
    judge, judge_score >= {judged} AS judged, passes OR coalesce(judged, false) AS "right"
FROM response
JOIN problem USING (problem_id)
JOIN rendering USING (run, problem_id)
LEFT JOIN score USING (place)
LEFT JOIN opinion USING (place)
LEFT JOIN threshold ON threshold.task_type = problem.task_type
LEFT JOIN parent ON parent.parent_id = response_id
ORDER BY place
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
    lake.execute(
        "CREATE TEMP TABLE parent AS SELECT DISTINCT parent_id FROM seen WHERE parent_id IS NOT NULL"
    )
    lake.execute("DROP TABLE seen")
    lake.execute(f"CREATE TEMP TABLE problem AS {_PROBLEM}")
    _fill(lake, "judge(name VARCHAR, rank INTEGER)", {name: rank for rank, name in enumerate(recipe.judges)})
    lake.execute(f"CREATE TEMP TABLE verdict AS {_VERDICT}")
    chosen = choose_verifiers(lake, recipe, verifiers)
    _fill(lake, "chosen_verifier(task_type VARCHAR, verifier VARCHAR)", chosen)
    _fill(lake, "threshold(task_type VARCHAR, least DOUBLE)", recipe.thresholds)
    lake.execute(f"CREATE TEMP TABLE score AS {_SCORE}")
    lake.execute(f"CREATE TEMP TABLE opinion AS {_OPINION}")
    judged = recipe.threshold(JUDGED)
    candidate = _CANDIDATE.format(default=recipe.default_threshold, judged=judged)
    lake.execute("SET preserve_insertion_order = true")  # neighbouring places in one row group
    lake.execute(f"CREATE TEMP TABLE candidate AS {candidate}")
    lake.execute("SET preserve_insertion_order = false")
    for table in ("response", "parent", "verdict", "score", "opinion"):
        lake.execute(f"DROP TABLE {table}")
    lake.execute(
        "CREATE TEMP TABLE dropped (output VARCHAR, place BIGINT, step INTEGER, reason VARCHAR, detail VARCHAR)"
    )
    return Intake(per_run=per_run, responses=lake.number("SELECT count(*) FROM candidate"), verifiers=chosen)


def _per_run(lake: Lake, snapshot: Snapshot) -> tuple[int, ...]:
    counts = dict(lake.rows("SELECT run, count(DISTINCT response_id) FROM seen GROUP BY run"))
    return tuple(counts.get(number, 0) for number in range(len(snapshot.runs)))


def _refuse_conflicts(lake: Lake, snapshot: Snapshot) -> None:
    _refuse(
        lake, snapshot, "seen", "response_id", "text_key",
        "response {!r} has one text in {} and another in {}",
        "Leave one of the runs out: two responses of one id cannot both be right.",
    )  # fmt: skip
    lake.execute(f"CREATE TEMP TABLE rendering AS {_RENDERING}")
    _refuse(
        lake, snapshot, "rendering", "problem_id", "problem_key",
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
        "USING (run, problem_id, problem_key) ORDER BY run, response_id LIMIT 1"
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
