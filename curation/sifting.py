"""Running an output's steps and its rule, with every row accounted for."""

from __future__ import annotations

from genesys.curation.lake import Lake, quoted
from genesys.curation.recipe import Output
from genesys.curation.relations import Rule
from genesys.curation.report import Tally
from genesys.errors import ConfigurationError


def sift(lake: Lake, output: Output) -> tuple[Tally, Tally | None]:
    """Makes `kept_<output>`, and `selected_<output>` where there is a rule; fills `dropped`.

    Returns:
        The completions that were kept and dropped by the steps; and, where there is a rule, the problems
        for which it selected something, and why it selected nothing for the others.
    """
    read = lake.number("SELECT count(*) FROM candidate")
    lake.execute(f"CREATE TEMP TABLE kept_{output.name} AS SELECT place FROM candidate")
    rows = f"rows_{output.name}"
    lake.execute(f"CREATE TEMP VIEW {rows} AS FROM candidate SEMI JOIN kept_{output.name} USING (place)")
    for index, (name, step) in enumerate(output.steps):
        judged = f"judged_{output.name}"
        lake.create(judged, step.judge(lake, rows))
        _check(lake, f"step {name!r}", "place", judged, rows)
        detail = "detail" if "detail" in lake.columns(judged) else "NULL"
        lake.execute(
            f"INSERT INTO dropped SELECT {quoted(output.name)}, place, {index}, reason, {detail} "
            f"FROM {judged} WHERE reason IS NOT NULL"
        )
        lake.execute(
            f"DELETE FROM kept_{output.name} WHERE place IN (SELECT place FROM {judged} WHERE reason IS NOT NULL)"
        )
        lake.execute(f"DROP TABLE {judged}")
    kept_rows = lake.number(f"SELECT count(*) FROM kept_{output.name}")
    completions = Tally(unit="completions", read=read, kept=kept_rows, dropped=_reasons(lake, output))
    return completions, None if output.rule is None else _select(lake, output.name, output.rule, rows)


def _reasons(lake: Lake, output: Output) -> dict[str, int]:
    """Reason -> rows, in the order of the steps."""
    counts = lake.rows(
        f"SELECT step, reason, count(*) FROM dropped WHERE output = {quoted(output.name)} "
        "GROUP BY step, reason ORDER BY step, reason"
    )
    reasons: dict[str, int] = {}
    for _, reason, count in counts:
        reasons[reason] = reasons.get(reason, 0) + count
    return reasons


def _select(lake: Lake, output: str, rule: Rule, rows: str) -> Tally:
    """Runs the rule; problems without any completion left count as dropped by it."""
    chosen = f"chosen_{output}"
    lake.create(chosen, rule.select(lake, rows))
    rank = "rank" if "rank" in lake.columns(chosen) else "1"
    _check(lake, f"the rule of {output!r}", "problem_id", chosen, rows, rank)
    lake.execute(
        f"CREATE TEMP TABLE selected_{output} AS "
        f"SELECT problem_id, {rank} AS rank, "
        f"CASE WHEN chosen.problem_id IS NULL THEN 'no_completion_left' ELSE reason END AS reason, places "
        f"FROM (SELECT DISTINCT problem_id FROM candidate) LEFT JOIN {chosen} chosen USING (problem_id)"
    )
    lake.execute(f"DROP TABLE {chosen}")
    counts = lake.rows(
        f"SELECT reason, count(DISTINCT problem_id) FROM selected_{output} GROUP BY reason "
        "ORDER BY reason NULLS FIRST"
    )
    by_reason = dict(counts)
    kept = by_reason.pop(None, 0)
    return Tally(unit="problems", read=sum(by_reason.values()) + kept, kept=kept, dropped=by_reason)


def rows_decided(lake: Lake, output: Output) -> int:
    """How many rows an output that was sifted has."""
    if output.rule is None:
        return lake.number(f"SELECT count(*) FROM kept_{output.name}")
    return lake.number(f"SELECT count(*) FROM selected_{output.name} WHERE reason IS NULL")


def _check(lake: Lake, who: str, key: str, judged: str, rows: str, rank: str = "1") -> None:
    """Holds a step or a rule to its contract: everything is judged, and once (or once a rank, from 1)."""
    once = "count(*) = 1" if rank == "1" else f"count(*) = count(DISTINCT {rank}) AND min({rank}) = 1"
    faults = lake.number(
        f"SELECT count(*) FROM (SELECT {key}, {once} AS once "
        f"FROM {judged} GROUP BY {key}) judged "
        f"FULL JOIN (SELECT DISTINCT {key} FROM {rows}) given ON judged.{key} = given.{key} "
        f"WHERE once IS DISTINCT FROM true OR given.{key} IS NULL"
    )
    if faults:
        raise ConfigurationError(
            f"{who} did not judge every {key} once: {faults} are missing, foreign or judged twice",
            "That is a defect of the step or rule, not of the data.",
        )
