"""The comparison of two siftings, in SQL: the first one's tables are put aside as Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesys.curation.diffing_report import FlipSample, Move, SetChange
from genesys.curation.lake import Lake, quoted
from genesys.curation.layouts.columns import struct
from genesys.curation.measuring import texts_of
from genesys.curation.recipe import Output

_PROMPT, _ANSWER = 400, 240
"""Characters of a sample that are shown."""

_SAID = """
SELECT place, score, cause, CASE
    WHEN score_location IS NULL THEN 'unscored'
    WHEN score IS NULL THEN 'unscorable'
    WHEN passes THEN 'right' ELSE 'wrong' END AS outcome
FROM candidate
"""

_MOVES = """
SELECT task_type, source, was.outcome, now.outcome, was.cause, now.cause, count(*) AS completions
FROM was JOIN now USING (place) JOIN candidate USING (place)
GROUP BY ALL ORDER BY ALL
"""

# Rows of an output are told apart by the places they are made of; why one is not there is known by its
# first place, or, where a rule selects, by its problem.
_SETS = """
WITH gone AS (FROM {there} ANTI JOIN {here} USING (output, places)),
named AS (
    SELECT output, places, list(response_id ORDER BY nth) AS ids
    FROM (SELECT output, places, unnest(places) AS place, generate_subscripts(places, 1) AS nth FROM gone)
    JOIN candidate USING (place) GROUP BY ALL
)
SELECT named.output, ids, coalesce(by_place.reason, by_problem.reason, 'other_selection')
FROM named JOIN candidate ON candidate.place = places[1]
LEFT JOIN {why} by_place ON by_place.output = named.output AND by_place.place = places[1]
LEFT JOIN {why} by_problem ON by_problem.output = named.output AND by_problem.problem_id = candidate.problem_id
ORDER BY places
"""

_STAYED = """
SELECT output, count(*), count(*) FILTER (moved)
FROM (
    SELECT output, places, bool_or(rescored) AS moved
    FROM (SELECT output, places, unnest(places) AS place FROM was_row SEMI JOIN now_row USING (output, places))
    JOIN (SELECT place, (was.score, was.cause) IS DISTINCT FROM (now.score, now.cause) AS rescored
        FROM was JOIN now USING (place)) USING (place)
    GROUP BY ALL
) GROUP BY output
"""

_SAMPLES = """
SELECT response_id, problem_id, source, task_type, was.outcome AS was, now.outcome AS now,
    was.score AS score_was, now.score AS score_now, was.cause AS cause_was, now.cause AS cause_now,
    location, problem_location
FROM was JOIN now USING (place) JOIN candidate USING (place)
WHERE was.outcome <> now.outcome AND 'unscored' NOT IN (was.outcome, now.outcome)
QUALIFY row_number() OVER (PARTITION BY was.outcome, now.outcome, source ORDER BY place) <= {samples}
"""


def remember(lake: Lake, outputs: Sequence[Output], folder: Path) -> None:
    """Puts aside what was decided: what was said of each place, the rows of the outputs, and the reasons."""
    for name, query in _tables(outputs).items():
        lake.execute(f"COPY ({query}) TO {quoted(str(folder / name))} (FORMAT parquet)")


def _tables(outputs: Sequence[Output]) -> dict[str, str]:
    rows, reasons = [], []
    for output in outputs:
        name, selected = quoted(output.name), f"FROM selected_{output.name} WHERE reason"
        if output.rule is None:
            rows.append(f"SELECT {name} AS output, [place] AS places FROM kept_{output.name}")
            why = f"place, NULL AS problem_id, reason FROM dropped WHERE output = {name}"
        else:
            rows.append(f"SELECT {name} AS output, places {selected} IS NULL")
            why = f"NULL AS place, problem_id, reason {selected} IS NOT NULL"
        reasons.append(f"SELECT {name} AS output, {why}")
    return {"said": _SAID, "row": " UNION ALL ".join(rows), "why": " UNION ALL ".join(reasons)}


def count_moves(lake: Lake, folder: Path) -> tuple[Move, ...]:
    """What both say, from a lake that was sifted by the second and the tables put aside of the first.

    Makes the tables `was` and `now`, which `pick_samples` reads, too.
    """
    lake.execute(f"CREATE TEMP TABLE was AS FROM read_parquet({quoted(str(folder / 'said'))})")
    lake.execute(f"CREATE TEMP TABLE now AS {_SAID}")
    names = ("task_type", "source", "was", "now", "cause_was", "cause_now", "completions")
    return tuple(Move(**dict(zip(names, row, strict=True))) for row in lake.rows(_MOVES))


def compare_sets(lake: Lake, outputs: Sequence[Output], folder: Path) -> tuple[SetChange, ...]:
    """What becomes of each output."""
    tables = _tables(outputs)
    for name in ("row", "why"):
        lake.execute(f"CREATE TEMP TABLE was_{name} AS FROM read_parquet({quoted(str(folder / name))})")
        lake.execute(f"CREATE TEMP TABLE now_{name} AS {tables[name]}")
    left = lake.rows(_SETS.format(there="was_row", here="now_row", why="now_why"))
    entered = lake.rows(_SETS.format(there="now_row", here="was_row", why="was_why"))
    stayed = {output: (rows, rescored) for output, rows, rescored in lake.rows(_STAYED)}
    sizes = {
        side: dict(lake.rows(f"SELECT output, count(*) FROM {side}_row GROUP BY output"))
        for side in ("was", "now")
    }
    return tuple(
        SetChange(
            output=output.name,
            before=sizes["was"].get(output.name, 0),
            after=sizes["now"].get(output.name, 0),
            stayed=stayed.get(output.name, (0, 0))[0],
            rescored=stayed.get(output.name, (0, 0))[1],
            entered=_ids(entered, output.name),
            left=_ids(left, output.name),
            entered_why=_whys(entered, output.name),
            left_why=_whys(left, output.name),
        )
        for output in outputs
    )


def _ids(rows: Sequence[tuple[Any, ...]], output: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(ids) for name, ids, _ in rows if name == output)


def _whys(rows: Sequence[tuple[Any, ...]], output: str) -> dict[str, int]:
    return dict(Counter(why for name, _, why in rows if name == output).most_common())


def pick_samples(lake: Lake, samples: int) -> tuple[FlipSample, ...]:
    """The first flips of each kind, from as many sources as there are."""
    if not samples:
        return ()
    table = lake.table(
        "SELECT * EXCLUDE (turn) FROM (SELECT *, row_number() OVER (PARTITION BY was, now, source ORDER BY location) "
        f"AS turn FROM ({_SAMPLES.format(samples=int(samples))})) "
        f"QUALIFY row_number() OVER (PARTITION BY was, now ORDER BY turn, source) <= {int(samples)} "
        "ORDER BY was, now, turn, source"
    )
    return _with_texts(lake, table)


def _with_texts(lake: Lake, table: pa.Table) -> tuple[FlipSample, ...]:
    if not table.num_rows:
        return ()
    answers = texts_of(lake, "completion_row", "text", table.column("location"))
    asked = table.column("problem_location")
    prompts, infos, golds = (
        texts_of(lake, "problem_row", column, asked)
        for column in ("prompt", "verification_info", "gold_standard_solution")
    )
    found = []
    for row in table.to_pylist():
        location, problem = row.pop("location"), row.pop("problem_location")
        gold = struct(infos[problem]).get("ground_truth", golds[problem])
        found.append(
            FlipSample(
                **row,
                prompt=prompts[problem][:_PROMPT],
                gold=None if gold is None else str(gold)[:_PROMPT],
                answer_end=answers[location].rstrip()[-_ANSWER:],
            )
        )
    return tuple(found)
