"""What a dataset's own files say of a completion: its rejected rows, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from genesys.curation.explaining_runs import Matches
from genesys.curation.explaining_stories import OutputStory, Spot, StepSaid
from genesys.curation.recipe import REJECTED
from genesys.curation.reporting.dataset_files import DatasetFiles
from genesys.rollouts.run_file import RUN_FILE
from genesys.rollouts.run_reader import RunReader

_ROLES = {"response_id": "row", "chosen_response_id": "chosen", "rejected_response_id": "rejected"}


def runs_near(files: DatasetFiles) -> list[Path]:
    """The dataset's runs, where folders of their names and identities lie near it; else none."""
    above = files.folder.resolve().parents
    places = [Path.cwd(), *above[:3]]
    found = []
    for run in files.manifest["runs"]:
        candidates = (place / folder / run["name"] for place in places for folder in ("", "runs"))
        same = (
            path
            for path in candidates
            if (path / RUN_FILE).is_file() and RunReader(path).identity == run["identity"]
        )
        found += [path for path in [next(same, None)] if path is not None]
    return found if len(found) == len(files.manifest["runs"]) else []


def matches(files: DatasetFiles, prefix: str) -> Matches:
    """The ids in the dataset's files that begin so; an exact one alone."""
    responses: set[str] = set()
    problems: set[str] = set()
    for name in (*files.outputs(), REJECTED):
        columns = files.columns(name)
        for wanted, found in (([*_ROLES], responses), (["problem_id"], problems)):
            for column in (one for one in wanted if one in columns):
                for batch in files.batches(name, [column]):
                    found.update(batch.column(0).filter(pc.starts_with(batch.column(0), prefix)).to_pylist())
    return tuple([prefix] if prefix in found else sorted(found) for found in (responses, problems))  # type: ignore[return-value]  # two of them


def ids_of_problem(files: DatasetFiles, problem_id: str) -> list[str]:
    """The responses to a problem that stand in the dataset's files."""
    found: set[str] = set()
    for name in (*files.outputs(), REJECTED):
        for column in (one for one in _ROLES if one in files.columns(name)):
            for batch in files.batches(name, ["problem_id", column]):
                found.update(batch[column].filter(pc.equal(batch["problem_id"], problem_id)).to_pylist())
    return sorted(found)


def problem_of(files: DatasetFiles, response_id: str) -> str:
    """The problem that a response in the dataset's files answers."""
    for name in (*files.outputs(), REJECTED):
        for column in (one for one in _ROLES if one in files.columns(name)):
            for batch in files.batches(name, ["problem_id", column]):
                for problem in batch["problem_id"].filter(pc.equal(batch[column], response_id)).to_pylist():
                    return str(problem)
    return ""


def rejections(files: DatasetFiles, response_ids: Sequence[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """(response, output) -> the rejected row, of some responses."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    columns = ["response_id", "output", "step", "reason", "detail"]
    for batch in files.batches(REJECTED, columns):
        rows = batch.filter(pc.is_in(batch["response_id"], value_set=pa.array(response_ids, pa.string())))
        found |= {(row["response_id"], row["output"]): row for row in rows.to_pylist()}
    return found


def told_by_rejected(
    files: DatasetFiles, response_id: str, rejected: Mapping[tuple[str, str], Mapping[str, Any]]
) -> tuple[OutputStory, ...]:
    """What each step said, from the rejected rows and the manifest's list of steps."""
    return tuple(
        OutputStory(output=name, steps=tuple(_steps(output, rejected.get((response_id, name)))))
        for name, output in files.manifest["outputs"].items()
    )


def _steps(output: Mapping[str, Any], row: Mapping[str, Any] | None) -> Iterator[StepSaid]:
    last = len(output["steps"]) - 1
    names = [
        f"select:{step['name']}" if at == last and output["problems"] is not None else step["name"]
        for at, step in enumerate(output["steps"])
    ]
    at_fault = [at for at, name in enumerate(names) if row is not None and name == row["step"]]
    for at, (name, step) in enumerate(zip(names, output["steps"], strict=True)):
        settings = step["settings"]
        if row is None:
            yield StepSaid(
                name=name, settings=settings, said="selected" if name.startswith("select:") else "kept"
            )
        elif at_fault and at == at_fault[-1]:
            twice = len(at_fault) > 1
            told = (
                "by this step or an earlier one of its name"
                if twice and row["detail"] is None
                else row["detail"]
            )
            yield StepSaid(name=name, settings=settings, said="dropped", reason=row["reason"], detail=told)
        else:
            early = not at_fault or at < at_fault[-1]
            yield StepSaid(name=name, settings=settings, said="kept" if early else "not reached")


def unknown(files: DatasetFiles, spots: Mapping[str, tuple[Spot, ...]]) -> tuple[OutputStory, ...]:
    """What can be said without runs and rejected rows: that a response stands in an output, or does not."""
    return tuple(
        OutputStory(
            output=name,
            steps=tuple(
                StepSaid(
                    name=step["name"], settings=step["settings"], said="kept" if name in spots else "unknown"
                )
                for step in output["steps"]
            ),
            spots=spots.get(name, ()),
        )
        for name, output in files.manifest["outputs"].items()
    )


def spots_of(
    files: DatasetFiles, response_id: str, text: str | None, prompt: str | None
) -> dict[str, tuple[Spot, ...]]:
    """Output -> where a response stands in it; by its id, or, in a layout without ids, by prompt and text."""
    found: dict[str, list[Spot]] = {}
    for name in files.outputs():
        columns = files.columns(name)
        for path in files.files(name):
            for column in (one for one in _ROLES if one in columns):
                ids = pq.read_table(path, columns=[column], partitioning=None).column(0)
                rows = pc.indices_nonzero(pc.equal(ids, response_id)).to_pylist()
                found.setdefault(name, []).extend(_spots(files, path, rows, _ROLES[column]))
            if "generations" in columns and text is not None and prompt is not None:
                found.setdefault(name, []).extend(_by_text(files, path, text, prompt))
    return {name: tuple(spots) for name, spots in found.items() if spots}


def _spots(files: DatasetFiles, path: Path, rows: Sequence[int], role: str) -> list[Spot]:
    file = path.relative_to(files.folder).as_posix()
    return [Spot(file=file, row=row, role=role) for row in rows]


def _by_text(files: DatasetFiles, path: Path, text: str, prompt: str) -> list[Spot]:
    asked = pq.read_table(path, columns=["problem"], partitioning=None).column(0)
    rows = pc.indices_nonzero(pc.equal(asked, prompt)).to_pylist()
    if not rows:
        return []
    generations = (
        pq.read_table(path, columns=["generations"], partitioning=None).column(0).take(pa.array(rows))
    )
    return [
        spot
        for row, texts in zip(rows, generations.to_pylist(), strict=True)
        if text in texts
        for spot in _spots(files, path, [row], f"generation {texts.index(text) + 1}")
    ]
