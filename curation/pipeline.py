"""Curation end to end: runs in, published datasets out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from genesys.curation.card import RECIPE_FILE, card_text
from genesys.curation.counts import count_sources
from genesys.curation.intake import Intake, take_in
from genesys.curation.lake import Lake
from genesys.curation.licences import licences_of_sources
from genesys.curation.lineage import described, write_rejected
from genesys.curation.manifest import manifest_text
from genesys.curation.out_folder import MANIFEST, check_out, replacing
from genesys.curation.recipe import DEFAULT, Output, Recipe
from genesys.curation.recipe_file import load_recipe
from genesys.curation.report import CurationReport, OutputReport, RunCount, Tally
from genesys.curation.shaping import write_outputs
from genesys.curation.shards import DataFile, describe
from genesys.curation.sifting import rows_decided, sift
from genesys.curation.snapshot import Snapshot, open_runs, take_snapshot
from genesys.errors import DataError, StorageError

_log = logging.getLogger(__name__)


def curate(
    runs: Sequence[Path | str],
    recipe: Recipe | Path | str,
    out: Path | str,
    *,
    verifiers: Sequence[str] = (),
    overwrite: bool = False,
    rejected: bool = False,
    memory: str | None = None,
    threads: int | None = None,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> CurationReport:
    """Makes datasets of runs.

    The same runs and recipe give the same bytes, whatever the order of the runs and the number of
    threads. A run may be written to meanwhile: what is committed when curation starts is what it sees.

    Args:
        runs: Run folders. A response that stands in several counts once.
        recipe: A recipe, the name of one that genesys brings, or the path of a TOML file.
        out: The dataset's folder. A dataset of ours is replaced, as a whole and when all has gone well.
        verifiers: Keys or names of the verifiers whose scores count; by default the recipe's, or the only
            one that has scored a task type.
        overwrite: Whether to replace a folder that holds anything else.
        rejected: Whether to write the rows that are not in an output, with step, reason and detail, too.
        memory: DuckDB's memory limit, such as "2GB"; the rest spills beside `out`.
        threads: Of DuckDB; all cores by default.
        on_stage: Is told what happens, in a few words.

    Raises:
        MissingExtra: If DuckDB is not installed.
        ConfigurationError: If the recipe, the verifiers or the folders make no sense.
        DataError: If a run cannot be read or has nothing to curate.
        Conflict: If runs contradict one another.
        StorageError: If the disk refuses.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    out = Path(out)
    readers = open_runs(runs)
    check_out(out, [reader.folder for reader in readers], overwrite=overwrite)
    with replacing(out) as place, Lake(place.spill, memory=memory, threads=threads) as lake:
        on_stage("reading the runs")
        snapshot = take_snapshot(readers)
        intake = take_in(lake, snapshot, recipe, tuple(verifiers))
        if not intake.verifiers:
            raise DataError(
                f"none of {intake.responses:,} completions has a score",
                "Run `genesys score RUN` for each run first.",
            )
        tallies = {}
        for output in recipe.outputs:
            on_stage(f"sifting {output.name}")
            tallies[output.name] = sift(lake, output)
        on_stage(f"writing {', '.join(tallies)}")
        files = write_outputs(lake, recipe.outputs, place, threads=lake.threads)
        outputs = [
            _counted(output, tallies[output.name], files[output.name], rows_decided(lake, output))
            for output in recipe.outputs
        ]
        left = write_rejected(lake, recipe.outputs, place.dataset) if rejected else []
        on_stage("describing")
        report = _report(lake, recipe, out, snapshot, intake, outputs, left)
        _describe(report, recipe, place.dataset)
    return report


def _counted(
    output: Output, tallies: tuple[Tally, Tally | None], files: list[DataFile], expected: int
) -> OutputReport:
    """The report of an output, if as many rows were written as were decided."""
    completions, problems = tallies
    rows = sum(file.rows for file in files)
    if rows != expected:
        raise DataError(
            f"output {output.name!r} should have {expected} rows, but {rows} were written",
            "Two rows of a run's parts stand under one key; `genesys score` and `collect` never write such.",
        )
    _log.info("%s: %d rows", output.name, rows)
    pieces = [*output.steps, (output.rule_name, output.rule)]
    return OutputReport(
        name=output.name,
        layout=output.layout_name,
        rows=rows,
        steps=tuple(described(name, piece) for name, piece in pieces if piece is not None),
        completions=completions,
        problems=problems,
        files=tuple(files),
    )


def _report(
    lake: Lake,
    recipe: Recipe,
    out: Path,
    snapshot: Snapshot,
    intake: Intake,
    outputs: Sequence[OutputReport],
    rejected: Sequence[DataFile],
) -> CurationReport:
    counted = zip(snapshot.runs, intake.per_run, strict=True)
    return CurationReport(
        recipe=recipe.name,
        out=out,
        runs=tuple(
            RunCount(name=run.folder.name, identity=run.identity, completions=count) for run, count in counted
        ),
        merged=sum(intake.per_run) - intake.responses,
        completions=intake.responses,
        problems=lake.number("SELECT count(DISTINCT problem_id) FROM candidate"),
        verifiers=intake.verifiers,
        thresholds={**recipe.thresholds, DEFAULT: recipe.default_threshold},
        sources=count_sources(lake),
        outputs=tuple(outputs),
        configs=recipe.configs,
        licences=licences_of_sources(lake, recipe.licences),
        rejected=tuple(rejected),
    )


def _describe(report: CurationReport, recipe: Recipe, dataset: Path) -> None:
    """Writes card, recipe and manifest beside the data."""
    texts = {"README.md": card_text(report, recipe)}
    texts |= {RECIPE_FILE: recipe.text} if recipe.text else {}
    others: list[DataFile] = []
    for name, text in texts.items():
        _write(dataset / name, text)
        others.append(describe(dataset / name, root=dataset))
    _write(dataset / MANIFEST, manifest_text(report, recipe, others))


def _write(path: Path, text: str) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error}", "Free the disk and run again.") from error
