"""`genesys curate`: runs become datasets, by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesys.cli.console import percent, print_json, stderr, table
from genesys.cli.options import Json, OutFolder

if TYPE_CHECKING:
    from genesys.curation import CurationReport, OutputReport, Tally


def _show_recipe(name: str | None) -> None:
    """Prints a recipe and ends: `genesys curate --show-recipe synthetic-1 > mine.toml`."""
    if name is not None:
        from genesys.curation import load_recipe

        typer.echo(load_recipe(name).text, nl=False)
        raise typer.Exit


def curate(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; a response in several counts once.")],
    out: OutFolder,
    recipe: Annotated[
        str, typer.Option("--recipe", help="Name of a recipe, or the path of a TOML file of your own.")
    ] = "synthetic-1",
    verifier: Annotated[
        list[str] | None,
        typer.Option(
            "--verifier",
            help='Whose scores count, such as "math@1", where several have scored a task type. Repeatable.',
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace --out even if it holds other things.")
    ] = False,
    memory: Annotated[
        str | None,
        typer.Option("--memory", help='Memory limit, such as "2GB"; the rest spills beside --out.'),
    ] = None,
    rejected: Annotated[
        bool,
        typer.Option("--rejected", help="Also write why each completion is not in an output: DIR/rejected."),
    ] = False,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads; all cores by default. Moves no byte.")
    ] = None,
    show_recipe: Annotated[
        str | None,
        typer.Option(
            "--show-recipe",
            metavar="NAME",
            is_eager=True,
            callback=_show_recipe,
            help="Print a recipe to copy and edit: synthetic-1, openr1-math.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Make datasets of runs by a recipe, with every dropped row counted.

    genesys curate runs/first --recipe synthetic-1 --out data/first

    genesys curate --show-recipe openr1-math > mine.toml

    genesys curate runs/first --recipe mine.toml --out data/mine --rejected
    """
    from genesys.curation import curate as make

    with stderr.status("curating") as status:
        report = make(
            runs,
            recipe,
            out,
            verifiers=verifier or (),
            overwrite=overwrite,
            rejected=rejected,
            memory=memory,
            threads=threads,
            on_stage=status.update,
        )
    if json:
        print_json(report.to_json())
    else:
        show(report)


def show(report: CurationReport) -> None:
    """Says what a curation did: sources, what each output kept and dropped, and where the files are."""
    sources = [
        (
            source.source,
            source.task_type,
            source.completions,
            percent(source.passed, source.passed + source.failed),
            source.unscorable,
            source.unscored,
        )
        for source in report.sources
    ]
    columns = ("source", "task type", "completions", "pass rate", "unscorable", "unscored")
    stderr.print(
        table(f"{report.completions:,} completions of {report.problems:,} problems", columns, sources)
    )
    stderr.print()
    rows = [row for output in report.outputs for row in _rows(output)]
    stderr.print(table("kept and dropped", ("output", "", "completions", "problems"), rows))
    stderr.print()
    if report.merged:
        stderr.print(f"{report.merged:,} responses stand in several runs and count once")
    if report.unscored:
        names = ", ".join(sorted(set(report.verifiers.values())))
        stderr.print(
            f"{report.unscored:,} completions have no score of {names}: run `genesys score RUN` and curate again",
            highlight=False,
        )
    for output in report.outputs:
        stderr.print(
            f"{output.rows:>9,} rows  {report.out / output.name}/*.parquet",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
    if report.rejected:
        stderr.print(
            f"{sum(file.rows for file in report.rejected):>9,} rows  {report.out / 'rejected'}/*.parquet",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


def _rows(output: OutputReport) -> list[tuple[str, str, int | str, int | str]]:
    rows: list[tuple[str, str, int | str, int | str]] = []
    for label, completions in _lines(output.completions):
        rows.append(("" if rows else output.name, label, completions, ""))
    if output.problems is not None:
        rows += [("", label, "", problems) for label, problems in _lines(output.problems)]
    return rows


def _lines(tally: Tally) -> list[tuple[str, int]]:
    dropped = [(f"dropped: {reason}", count) for reason, count in tally.dropped.items()]
    return [(f"{tally.unit} read", tally.read), *dropped, (f"{tally.unit} kept", tally.kept)]
