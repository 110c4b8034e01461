"""`genesys report`: one HTML page about a run or a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genesys.cli.console import print_json, stderr
from genesys.cli.options import Json


def report(
    folder: Annotated[Path, typer.Argument(help="A run, or a folder that `genesys curate` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="The HTML file to write.")] = Path("report.html"),
    verifier: Annotated[
        str | None,
        typer.Option(
            "--verifier", help="Of a run: whose verdicts. Default: each task type's own verifier's."
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", min=0, max=200, help="Traces of each kind, or rows of each output.")
    ] = 8,
    json: Json = False,
) -> None:
    """Write one HTML page about a run or a dataset: open it anywhere, mail it, print it.

    The file holds everything: distributions of scores and lengths, pass rates by source and difficulty, causes,
    token yield, what each step kept and dropped, and traces with their reasoning folded. It has no script and
    asks no server for anything; what models wrote is shown as text, whatever it contains.

        genesys report runs/first --out first.html
        genesys report data/first --out data.html --samples 20
    """
    from genesys.curation.reporting import write_report

    with stderr.status("reading"):
        size = write_report(folder, out, verifier=verifier, samples=samples)
    if json:
        print_json({"out": str(out), "bytes": size})
    else:
        stderr.print(f"{out}: {size / 1e6:.2f} MB", highlight=False, markup=False, soft_wrap=True)
