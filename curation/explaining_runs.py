"""What runs say of a completion, and what the steps of a recipe say of it when they judge again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genesys.curation.explaining_stories import OutputStory, ScoreSaid, StepSaid
from genesys.curation.lake import Lake, quoted
from genesys.curation.lineage import described
from genesys.curation.recipe import Output, Recipe
from genesys.curation.sifting import sift
from genesys.curation.snapshot import Snapshot
from genesys.rollouts.tables import COMPLETIONS, PROBLEMS, SCORES
from genesys.schema import parse_struct

Matches = tuple[list[str], list[str]]
"""Response ids and problem ids."""

_VIEWS = {"completion_row": ("completions", COMPLETIONS), "problem_row": ("problems", PROBLEMS),
          "score_row": ("scores", SCORES)}  # fmt: skip
_LONG = ("token_ids", "logprobs")
_FEW = 9


def see_runs(lake: Lake, snapshot: Snapshot) -> None:
    """Makes the views of the runs' rows that `RunFacts` asks, where nobody has made candidates of them."""
    for view, (kind, schema) in _VIEWS.items():
        lake.create_view(view, [name for name in schema.names if name not in _LONG], snapshot.rows[kind])


class RunFacts:
    """The rows of runs that speak of some completions.

    Args:
        lake: With the views of the runs' rows (`take_in`, `see_runs`).
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def matches(self, prefix: str) -> Matches:
        """The ids that begin so; an exact one alone."""
        found = []
        for view, column in (("completion_row", "response_id"), ("problem_row", "problem_id")):
            exact = self._ids(view, column, f"{column} = {quoted(prefix)}")
            found.append(exact or self._ids(view, column, f"starts_with({column}, {quoted(prefix)})"))
        return found[0], found[1]

    def _ids(self, view: str, column: str, condition: str) -> list[str]:
        rows = self._lake.rows(
            f"SELECT DISTINCT {column} FROM {view} WHERE {condition} ORDER BY 1 LIMIT {_FEW}"
        )
        return [name for (name,) in rows]

    def responses(self, column: str, name: str) -> list[dict[str, Any]]:
        """The completions with an id, with their texts, by sample_index."""
        table = self._lake.table(
            f"SELECT * EXCLUDE (location, run) FROM completion_row WHERE {column} = {quoted(name)} "
            "QUALIFY row_number() OVER (PARTITION BY response_id ORDER BY run, location) = 1 "
            "ORDER BY sample_index, response_id"
        )
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows

    def problem(self, problem_id: str) -> dict[str, Any]:
        """A problem as it stands in the first run."""
        rows = self._lake.table(
            "SELECT * EXCLUDE (location, run) FROM problem_row "
            f"WHERE problem_id = {quoted(problem_id)} ORDER BY run, location LIMIT 1"
        ).to_pylist()
        return rows[0] if rows else {}

    def scores(
        self, response: Mapping[str, Any], counting: Mapping[str, str], task_type: str
    ) -> tuple[ScoreSaid, ...]:
        """What each verifier said last of exactly this text and this problem."""
        same = " AND ".join(
            f"{column} = {quoted(response[column])}"
            for column in ("response_id", "text_digest", "problem_digest")
        )
        rows = self._lake.rows(
            f"SELECT verifier, score, cause, info FROM score_row WHERE {same} "
            "QUALIFY row_number() OVER (PARTITION BY verifier ORDER BY score IS NULL, run, location DESC) = 1 "
            "ORDER BY verifier"
        )
        return tuple(
            ScoreSaid(
                verifier=key,
                score=score,
                cause=cause,
                info=parse_struct(info),
                counts=counting.get(task_type) == key,
            )
            for key, score, cause, info in rows
        )


def judged_again(
    lake: Lake, recipe: Recipe, response_ids: Sequence[str]
) -> dict[str, tuple[OutputStory, ...]]:
    """Sifts all outputs and tells what was said of some completions.

    Args:
        lake: After `take_in`.
        recipe: Whose outputs.
        response_ids: The completions.
    """
    for output in recipe.outputs:
        sift(lake, output)
    listed = ", ".join(quoted(name) for name in response_ids)
    places = dict(lake.rows(f"SELECT response_id, place FROM candidate WHERE response_id IN ({listed})"))
    return {
        name: tuple(_story(lake, output, place) for output in recipe.outputs)
        for name, place in places.items()
    }


def _story(lake: Lake, output: Output, place: int) -> OutputStory:
    rows = lake.rows(
        f"SELECT step, reason, detail FROM dropped WHERE output = {quoted(output.name)} AND place = {place}"
    )
    at, reason, detail = rows[0] if rows else (len(output.steps), None, None)
    told = [_step(name, step, at - index, reason, detail) for index, (name, step) in enumerate(output.steps)]
    if output.rule is not None:
        facts = described(output.rule_name, output.rule)
        name = f"select:{output.rule_name}"
        told.append(
            StepSaid(name=name, settings=facts["settings"], said="not reached")
            if rows
            else _selected(lake, output, place, name, facts["settings"])
        )
    return OutputStory(output=output.name, steps=tuple(told))


def _step(name: str, step: Any, until: int, reason: str | None, detail: str | None) -> StepSaid:
    settings = described(name, step)["settings"]
    if until == 0:
        return StepSaid(name=name, settings=settings, said="dropped", reason=reason, detail=detail)
    return StepSaid(name=name, settings=settings, said="kept" if until > 0 else "not reached")


def _selected(lake: Lake, output: Output, place: int, name: str, settings: Mapping[str, Any]) -> StepSaid:
    rows = lake.rows(
        f"SELECT reason, places FROM selected_{output.name} JOIN candidate USING (problem_id) "
        f"WHERE place = {place} ORDER BY rank"
    )
    for reason, places in rows:
        if reason is not None:
            return StepSaid(name=name, settings=settings, said="dropped", reason=reason)
        if place in places:
            role, others = (
                role_of(output.layout.schema.names, places.index(place)),
                _names(lake, places, place),
            )
            return StepSaid(
                name=name, settings=settings, said="selected", reason=role, detail=f"with {others}"
            )
    taken = "; ".join(_names(lake, places) for _, places in rows)
    return StepSaid(
        name=name, settings=settings, said="dropped", reason="not_selected", detail=f"selected: {taken}"
    )


def role_of(columns: Sequence[str], index: int) -> str:
    """What the nth completion of a selection is in a row with these columns."""
    if "chosen" in columns:
        return ("chosen", "rejected")[index]
    return f"generation {index + 1}"


def _names(lake: Lake, places: Sequence[int], but: int = -1) -> str:
    found = dict(
        lake.rows(f"SELECT place, response_id FROM candidate WHERE place IN ({', '.join(map(str, places))})")
    )
    return ", ".join(found[place] for place in places if place != but) or "none other"


def brief(row: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a completion, without its text and the digests that only join it."""
    left_out = ("text", "response_id", "problem_id", "problem_digest")
    facts = {name: value for name, value in row.items() if name not in left_out}
    facts |= {"sampling": parse_struct(row["sampling"]), "characters": len(row["text"])}
    known = {name: value for name, value in facts.items() if value not in (None, "", {})}
    if not known.get("started_at"):  # nobody took the time of an imported one
        known = {name: value for name, value in known.items() if name not in ("started_at", "seconds")}
    return known
