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
    rows = "candidate"
    for index, (name, step) in enumerate(output.steps):
        judged = f"judged_{output.name}_{index}"
        lake.create(judged, step.judge(lake, rows))
        _check(lake, f"step {name!r}", "place", judged, rows)
        lake.execute(
            f"INSERT INTO dropped SELECT {quoted(output.name)}, place, {quoted(name)}, reason "
            f"FROM {judged} WHERE reason IS NOT NULL"
        )
        kept = f"rows_{output.name}_{index}"
        passed = f"SELECT place FROM {judged} WHERE reason IS NULL"
        lake.execute(f"CREATE TEMP VIEW {kept} AS SELECT * FROM candidate WHERE place IN ({passed})")
        rows = kept
    lake.execute(f"CREATE TEMP TABLE kept_{output.name} AS SELECT place FROM {rows}")
    kept_rows = lake.number(f"SELECT count(*) FROM kept_{output.name}")
    completions = Tally(unit="completions", read=read, kept=kept_rows, dropped=_reasons(lake, output))
    return completions, None if output.rule is None else _select(lake, output.name, output.rule, rows)


def _reasons(lake: Lake, output: Output) -> dict[str, int]:
    """Reason -> rows, in the order of the steps."""
    counts = lake.rows(
        f"SELECT step, reason, count(*) FROM dropped WHERE output = {quoted(output.name)} "
        "GROUP BY step, reason ORDER BY reason"
    )
    order = [name for name, _ in output.steps]
    reasons: dict[str, int] = {}
    for _, reason, count in sorted(counts, key=lambda row: order.index(row[0])):
        reasons[reason] = reasons.get(reason, 0) + count
    return reasons


def _select(lake: Lake, output: str, rule: Rule, rows: str) -> Tally:
    """Runs the rule; problems without any completion left count as dropped by it."""
    chosen = f"chosen_{output}"
    lake.create(chosen, rule.select(lake, rows))
    _check(lake, f"the rule of {output!r}", "problem_id", chosen, rows)
    lake.execute(
        f"CREATE TEMP TABLE selected_{output} AS "
        f"SELECT problem_id, CASE WHEN chosen.problem_id IS NULL THEN 'no_completion_left' ELSE reason END "
        f"AS reason, places FROM (SELECT DISTINCT problem_id FROM candidate) "
        f"LEFT JOIN {chosen} chosen USING (problem_id)"
    )
    lake.execute(f"DROP TABLE {chosen}")
    counts = lake.rows(
        f"SELECT reason, count(*) FROM selected_{output} GROUP BY reason ORDER BY reason NULLS FIRST"
    )
    by_reason = dict(counts)
    kept = by_reason.pop(None, 0)
    return Tally(unit="problems", read=sum(by_reason.values()) + kept, kept=kept, dropped=by_reason)


def _check(lake: Lake, who: str, key: str, judged: str, rows: str) -> None:
    """Holds a step or a rule to its contract: everything is judged, and once."""
    faults = lake.number(
        f"SELECT count(*) FROM (SELECT {key}, count(*) AS times FROM {judged} GROUP BY {key}) judged "
        f"FULL JOIN (SELECT DISTINCT {key} FROM {rows}) given ON judged.{key} = given.{key} "
        f"WHERE times IS DISTINCT FROM 1 OR given.{key} IS NULL"
    )
    if faults:
        raise ConfigurationError(
            f"{who} did not judge every {key} once: {faults} are missing, foreign or judged twice",
            "That is a defect of the step or rule, not of the data.",
        )
