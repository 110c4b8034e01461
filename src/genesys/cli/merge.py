"""`genesys merge`: several folders of one run made one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesys.cli.console import print_json, stderr, table
from genesys.cli.options import Json, OutFolder

if TYPE_CHECKING:
    from genesys.rollouts.merging import MergeReport


def merge(
    runs: Annotated[list[Path], typer.Argument(help="Run folders of one run, such as its shards.")],
    out: OutFolder,
    canonical: Annotated[
        bool,
        typer.Option(
            "--canonical",
            help="Leave out times, hosts and costs, so that two runs of a reproducible sampler are the same bytes.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Merge folders of one run, such as the shards that several people harvested.

    A response that several folders hold counts once; two texts under one id are an error that names both. The
    new folder is there whole or not at all, and the old ones stay as they are.

        genesys collect … --shard 1/2 --out runs/alice
        genesys collect … --shard 2/2 --out runs/bob
        genesys merge runs/alice runs/bob --out runs/whole
    """
    from genesys.rollouts.merging import merge as make

    with stderr.status("merging") as status:
        report = make(
            runs,
            out,
            canonical=canonical,
            on_rows=lambda kind, rows: status.update(f"merging: {rows:,} rows of {kind}"),
        )
    if json:
        print_json({"out": str(out), **vars(report)})
    else:
        show(report, out)


def show(report: MergeReport, out: Path) -> None:
    """Says what a merge made."""
    rows = [(kind, count, report.duplicates[kind]) for kind, count in report.rows.items()]
    stderr.print(table(str(out), ("", "rows", "in several runs"), rows))
    if report.missing_shards:
        stderr.print(f"shards that none of these runs harvested: {', '.join(report.missing_shards)}")
