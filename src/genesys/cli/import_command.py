"""`genesys import`: published responses become a run, to be scored and curated like a harvest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesys.cli.console import duration, print_json, stderr, stdout, table
from genesys.cli.live import watching
from genesys.cli.options import Json, OutFolder, SkipMalformed

if TYPE_CHECKING:
    from genesys.rollouts.import_run import ImportSummary
    from genesys.rollouts.progress import Progress


def import_command(
    paths: Annotated[
        list[Path],
        typer.Argument(help="SYNTHETIC-1 raw, OpenR1-Math-220k or common rows: JSONL, .gz, Parquet."),
    ],
    out: OutFolder,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="Problems, where rows hold a problem_id alone.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="Who answered, for rows that do not say.")
    ] = "imported",
    skip_malformed: SkipMalformed = False,
    spool: Annotated[
        Path | None,
        typer.Option("--spool", help="Local folder for the spool, where --out is a network disk."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a run of responses that somebody has published, to score and curate them anew.

    The scores that rows carry are kept as those of the verifier "published" and never mixed with ours.
    Run the same command again after an interruption: it continues.

        genesys import synthetic-1/*.parquet --out runs/synthetic-1
        genesys score runs/synthetic-1
        genesys curate runs/synthetic-1 --recipe synthetic-1 --out data/again
    """
    from genesys.envs.sources import open_problems
    from genesys.rollouts.import_run import import_run
    from genesys.rollouts.progress import Progress

    known = {} if problems is None else {one.problem_id: one for one in open_problems(problems)}
    progress = Progress()
    with watching(progress, "completions"):
        summary = import_run(
            paths,
            out,
            problems=known,
            model=model,
            skip_malformed=skip_malformed,
            spool=spool,
            progress=progress,
        )
    _report(summary, progress, out, json=json)


def _report(summary: ImportSummary, progress: Progress, out: Path, *, json: bool) -> None:
    if json:
        print_json(
            {
                "out": str(out),
                "responses": summary.responses,
                "before": progress.before,
                "problems": summary.problems,
                "duplicates": summary.duplicates,
                "malformed": summary.malformed,
                "odd_scores": summary.odd_scores,
                "published": dict(summary.published),
                "sources": dict(summary.sources),
            }
        )
        return
    stdout.print(table(str(out), ("source", "responses"), list(summary.sources.most_common())))
    notes = [f"{summary.responses:,} responses to {summary.problems:,} problems"]
    notes += [f"{progress.before:,} were there already"] if progress.before else []
    notes += [f"{summary.duplicates:,} repeated rows count once"] if summary.duplicates else []
    notes += [f"{summary.malformed:,} malformed rows left out"] if summary.malformed else []
    notes += [f"{summary.odd_scores:,} scores outside [0, 1] left out"] if summary.odd_scores else []
    stderr.print(f"{', '.join(notes)}, in {duration(progress.seconds)}")
    stderr.print(f"next: genesys score {out}", highlight=False, soft_wrap=True)
