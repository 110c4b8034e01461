"""Why a row is in a dataset or not: the steps it went through, and what each said.

explain("data/first", "4f1c…").responses[0].outputs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genesys.curation.card import RECIPE_FILE
from genesys.curation.explaining_dataset import (
    ids_of_problem,
    matches,
    problem_of,
    rejections,
    runs_near,
    spots_of,
    told_by_rejected,
    unknown,
)
from genesys.curation.explaining_runs import Matches, RunFacts, brief, judged_again, see_runs
from genesys.curation.explaining_stories import Explanation, OutputStory, ResponseStory
from genesys.curation.intake import take_in
from genesys.curation.lake import Lake
from genesys.curation.out_folder import MANIFEST
from genesys.curation.recipe import REJECTED, Recipe
from genesys.curation.recipe_file import load_recipe
from genesys.curation.reporting.dataset_files import DatasetFiles
from genesys.curation.snapshot import open_runs, take_snapshot
from genesys.errors import ConfigurationError, UnknownName

_GOLD, _PROMPT = 2_000, 4_000


def explain(
    folder: Path | str,
    name: str,
    *,
    runs: Sequence[Path | str] = (),
    recipe: Recipe | Path | str | None = None,
    verifiers: Sequence[str] = (),
    memory: str | None = None,
    threads: int | None = None,
) -> Explanation:
    """Tells what became of a response, or of all responses of a problem.

    A dataset is explained from its `rejected/`, where `curate --rejected` wrote it; else its recipe judges its
    runs again. A run is judged by the recipe that is given.

    Args:
        folder: A dataset or a run.
        name: The id of a response or a problem, or how only one of them begins.
        runs: The dataset's runs; by default those of its runs' names and identities that lie near it. Of a
            run, further runs that are curated with it.
        recipe: Of a run, by default `synthetic-1`; a dataset has its own.
        verifiers: Of a run, whose scores count, as in `curate`.
        memory: DuckDB's memory limit.
        threads: Of DuckDB.

    Raises:
        UnknownName: If no id begins so.
        ConfigurationError: If several do, or the folder is neither a dataset nor a run.
        DataError: If something cannot be read.
    """
    path = Path(folder)
    with (
        TemporaryDirectory(prefix="genesys-explain-") as spill,
        Lake(Path(spill), memory=memory, threads=threads) as lake,
    ):
        if not (path / MANIFEST).is_file():
            return _from_runs(lake, [folder, *runs], name, recipe or "synthetic-1", tuple(verifiers))
        if recipe is not None or verifiers:
            raise ConfigurationError(
                f"{folder} is a dataset, which has its recipe and its verifiers already",
                "Leave them out, or explain a run.",
            )
        files = DatasetFiles(path)
        near = list(runs) or runs_near(files)
        if files.files(REJECTED):
            return _from_rejected(lake, files, near, name)
        return _again(lake, files, near, name) if near else _from_files(files, name)


def _from_runs(
    lake: Lake, runs: Sequence[Path | str], name: str, recipe: Recipe | Path | str, verifiers: tuple[str, ...]
) -> Explanation:
    loaded = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    snapshot = take_snapshot(open_runs(runs))
    intake = take_in(lake, snapshot, loaded, verifiers)
    facts = RunFacts(lake)
    asked, meant = _meant(name, facts.matches(name))
    rows = facts.responses(f"{asked}_id", meant)
    told = judged_again(lake, loaded, [row["response_id"] for row in rows])
    stories = _stories(facts, rows, told, intake.verifiers)
    how = f"recomputed: {loaded.name} has judged {', '.join(run.folder.name for run in snapshot.runs)} again"
    return Explanation(asked=asked, name=meant, problem=_problem(facts, rows), responses=stories, how=how)


def _again(lake: Lake, files: DatasetFiles, runs: Sequence[Path | str], name: str) -> Explanation:
    """A dataset without rejected rows: its recipe judges its runs as it did."""
    kept = files.folder / RECIPE_FILE
    recipe = load_recipe(kept if kept.is_file() else files.manifest["recipe"]["name"])
    verifiers = tuple(sorted(set(files.manifest["verifiers"].values())))
    found = _from_runs(lake, runs, name, recipe, verifiers)
    notes = ["There is no rejected/: curate with --rejected to have these words in the dataset."]
    number = lake.number("SELECT count(*) FROM candidate")
    if number != files.manifest["completions"]:
        notes.append(
            f"The runs hold {number:,} completions now, and {files.manifest['completions']:,} when this dataset was made."
        )
    return replace(_with_spots(files, lake, found), notes=tuple(notes))


def _from_rejected(lake: Lake, files: DatasetFiles, runs: Sequence[Path | str], name: str) -> Explanation:
    rows: list[dict[str, Any]]
    if runs:
        see_runs(lake, take_snapshot(open_runs(runs)))
        facts = RunFacts(lake)
        asked, meant = _meant(name, facts.matches(name))
        rows = facts.responses(f"{asked}_id", meant)
    else:
        asked, meant = _meant(name, matches(files, name))
        rows = _bare(files, asked, meant)
    ids = [row["response_id"] for row in rows]
    rejected = rejections(files, ids)
    told = {one: told_by_rejected(files, one, rejected) for one in ids}
    how = f"from {REJECTED}/ of {files.folder.name}, written when it was made"
    if not runs:
        stories = tuple(_story_without_run(row, told[row["response_id"]]) for row in rows)
        found = Explanation(
            asked=asked, name=meant, problem={}, responses=stories, how=how, notes=(_NO_RUNS,)
        )
        return _with_spots(files, lake, found)
    stories = _stories(facts, rows, told, files.manifest["verifiers"])
    found = Explanation(asked=asked, name=meant, problem=_problem(facts, rows), responses=stories, how=how)
    return _with_spots(files, lake, found)


_NO_RUNS = "The runs of this dataset are not near it: name them with --run for facts and scores."


def _from_files(files: DatasetFiles, name: str) -> Explanation:
    """Neither rejected rows nor runs: what the dataset's rows alone tell."""
    asked, meant = _meant(name, matches(files, name))
    stories = tuple(
        _story_without_run(row, unknown(files, spots_of(files, row["response_id"], None, None)))
        for row in _bare(files, asked, meant)
    )
    return Explanation(
        asked=asked,
        name=meant,
        problem={},
        responses=stories,
        how=f"from the rows of {files.folder.name} alone",
        notes=(_NO_RUNS, "Without them, and without rejected/, nobody can tell which step dropped a row."),
    )


def _bare(files: DatasetFiles, asked: str, meant: str) -> list[dict[str, Any]]:
    if asked == "problem":
        return [{"response_id": one, "problem_id": meant} for one in ids_of_problem(files, meant)]
    return [{"response_id": meant, "problem_id": problem_of(files, meant)}]


def _story_without_run(row: Mapping[str, Any], told: tuple[OutputStory, ...]) -> ResponseStory:
    return ResponseStory(
        response_id=row["response_id"], problem_id=row["problem_id"], facts={}, scores=(), outputs=told
    )


def _stories(
    facts: RunFacts,
    rows: Sequence[Mapping[str, Any]],
    told: Mapping[str, tuple[OutputStory, ...]],
    counting: Mapping[str, str],
) -> tuple[ResponseStory, ...]:
    task_type = facts.problem(rows[0]["problem_id"]).get("task_type", "") if rows else ""
    return tuple(
        ResponseStory(
            response_id=row["response_id"],
            problem_id=row["problem_id"],
            facts=brief(row),
            scores=facts.scores(row, counting, task_type),
            outputs=told[row["response_id"]],
        )
        for row in rows
    )


def _problem(facts: RunFacts, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    row = facts.problem(rows[0]["problem_id"]) if rows else {}
    shown = {name: row.get(name) for name in ("problem_id", "source", "task_type")}
    shown["prompt"] = str(row.get("prompt"))[:_PROMPT]
    shown["verification_info"] = str(row.get("verification_info"))[:_GOLD]
    return shown


def _with_spots(files: DatasetFiles, lake: Lake, found: Explanation) -> Explanation:
    """An explanation with where each response stands in the dataset's files."""
    facts = RunFacts(lake) if lake.views else None
    stories = []
    for story in found.responses:
        text = prompt = None
        if facts is not None:
            text = facts.responses("response_id", story.response_id)[0]["text"]
            prompt = facts.problem(story.problem_id).get("prompt")
        spots = spots_of(files, story.response_id, text, prompt)
        outputs = tuple(replace(one, spots=spots.get(one.output, ())) for one in story.outputs)
        stories.append(replace(story, outputs=outputs))
    return replace(found, responses=tuple(stories))


def _meant(name: str, found: Matches) -> tuple[str, str]:
    """Which id a name means, and whether of a response or of a problem: the exact one, or the only one."""
    responses, problems = found
    for asked, ids in (("response", responses), ("problem", problems)):
        if name in ids:
            return asked, name
    for asked, ids in (("response", responses), ("problem", problems)):
        if len(ids) == 1:
            return asked, ids[0]
    if not responses and not problems:
        raise UnknownName(f"no response and no problem has an id that begins with {name!r}")
    listed = ", ".join([*problems, *responses][:6])
    raise ConfigurationError(
        f"several ids begin with {name!r}: {listed}, …", "Write more of the one you mean."
    )
