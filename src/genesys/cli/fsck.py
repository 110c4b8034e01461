"""`genesys fsck`: check a run folder, and mend it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesys.cli.console import print_json, stderr, table
from genesys.cli.options import Json
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.rollouts.fsck import FsckReport


def fsck(
    run: Annotated[Path, typer.Argument(help="A run folder that nobody writes to at the moment.")],
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend: what is bad is kept in RUN/lost+found, never deleted.")
    ] = False,
    json: Json = False,
) -> None:
    """Check everything that a run folder holds: files, keys, digests, references, the spool and the log.

    Exit status 0: sound, or mended; 1: something is wrong. With --repair, damaged parts are written anew from
    what can be read of them, and what does not belong is moved away; the command that collected the run then
    samples again what is missing.

        genesys fsck runs/first
        genesys fsck runs/first --repair
    """
    from genesys.rollouts.fsck import fsck_run
    from genesys.rollouts.remote_place import is_remote
    from genesys.rollouts.remote_run import local_folder

    if repair and is_remote(run):
        raise ConfigurationError(
            f"a run at a URL such as {run} is not mended in place",
            "Copy it (genesys merge URL --out RUN), and mend that.",
        )
    run = local_folder(run)
    with stderr.status(f"checking {run}"):
        report = fsck_run(run, repair=repair)
    if json:
        print_json(
            {"run": str(run), "sound": report.is_sound, "rows": report.rows, "findings": _rows(report)}
        )
    else:
        show(report, run)
    if not report.is_sound:
        raise typer.Exit(1)


def _rows(report: FsckReport) -> list[dict[str, object]]:
    return [{**vars(finding), "fault": finding.is_fault} for finding in report.findings]


def show(report: FsckReport, run: Path) -> None:
    """Says what is there, what is wrong, and what was done about it."""
    stderr.print(table(str(run), ("", "sound rows"), list(report.rows.items())))
    for finding in report.findings:
        count = f" ({finding.count:,})" if finding.count > 1 else ""
        stderr.print(
            f"\n{finding.place}: {finding.text}{count}", markup=False, highlight=False, soft_wrap=True
        )
        for line in filter(None, (finding.done, finding.remedy)):
            stderr.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if not report.findings:
        stderr.print("sound")
    elif not report.is_sound:
        unmended = sum(finding.is_fault and finding.done is None for finding in report.findings)
        stderr.print(
            f"\n{unmended} faults; `genesys fsck --repair` mends what can be mended", highlight=False
        )
