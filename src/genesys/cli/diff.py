"""`genesys diff`: what changes where another verifier's scores count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.panel import Panel
from rich.text import Text

from genesys.cli.console import print_json, stderr, stdout, table
from genesys.cli.options import Json

if TYPE_CHECKING:
    from genesys.curation.diffing_report import DiffReport, FlipSample, SetChange

_IDS_SHOWN = 3


def diff(
    runs: Annotated[list[Path], typer.Argument(help="Run folders; a response in several counts once.")],
    before: Annotated[
        list[str],
        typer.Option("--from", help='Whose scores counted, such as "math-verify@1". Repeatable.'),
    ],
    after: Annotated[list[str], typer.Option("--to", help="Whose scores would count. Repeatable.")],
    recipe: Annotated[
        str, typer.Option("--recipe", help="Whose outputs to compare: a name, or the path of a TOML file.")
    ] = "synthetic-1",
    samples: Annotated[
        int, typer.Option("--samples", min=0, help="Flips of each kind to show, from different sources.")
    ] = 2,
    memory: Annotated[
        str | None, typer.Option("--memory", help='Memory limit, such as "2GB"; the rest spills to TMPDIR.')
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Threads; all cores by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Compare two verifiers on stored scores: what flips, and what that does to the datasets.

    Nothing is verified: `genesys score RUN --verifier …` first gives what is missing. No dataset is written: the
    runs are sifted by either choice, just as `genesys curate --verifier …` would. Task types that neither side
    names keep the verifier that curation takes for them.

        genesys score runs/first --verifier math-verify
        genesys diff runs/first --from math-verify --to math@1
        genesys diff runs/imported --from published --to math@1 --to output@1 --samples 5
    """
    from genesys.curation.diffing import diff as compare

    with stderr.status("comparing") as status:
        report = compare(
            runs,
            recipe,
            before=before,
            after=after,
            samples=samples,
            memory=memory,
            threads=threads,
            on_stage=status.update,
        )
    if json:
        print_json(report.to_json())
    else:
        show(report)


def show(report: DiffReport) -> None:
    """Says what flips, by source and cause, what becomes of the sets, and shows samples."""
    types = sorted({*report.before, *report.after})
    none = "nobody"
    keys = [(name, report.before.get(name, none), report.after.get(name, none)) for name in types]
    stdout.print(table("whose scores count", ("task type", "from", "to"), keys))
    stdout.print()
    stdout.print(_matrix(report))
    only = [
        (words, count)
        for words, count in (
            ("only --from has scored", report.scored_by(before=True, after=False)),
            ("only --to has scored", report.scored_by(before=False, after=True)),
            ("neither has scored", report.scored_by(before=False, after=False)),
        )
        if count
    ]
    for words, count in only:
        stdout.print(f"{count:,} completions that {words}", highlight=False)
    stdout.print()
    if report.flips:
        rows = [
            (name, what, count)
            for name, counts in report.by_source().items()
            for what, count in counts.most_common()
        ]
        stdout.print(table("flips by source", ("source", "flip", "completions"), rows))
        stdout.print()
        rows = [
            (flip, what, count)
            for flip, counts in report.by_cause().items()
            for what, count in counts.most_common()
        ]
        stdout.print(table("flips by cause", ("flip", "cause", "completions"), rows))
        stdout.print()
    for change in report.sets:
        _show_set(change)
    for sample in report.samples:
        stdout.print(_panel(sample))


def _matrix(report: DiffReport) -> object:
    matrix = report.matrix
    shown = [
        name for name in matrix if any(matrix[name].values()) or any(row[name] for row in matrix.values())
    ]
    rows = [(f"from {was}", *(matrix[was][now] for now in shown), sum(matrix[was].values())) for was in shown]
    rows.append(("all", *(sum(matrix[was][now] for was in shown) for now in shown), report.completions))
    title = f"{report.completions:,} completions, {report.flips:,} flip"
    return table(title, ("", *(f"to {now}" for now in shown), "all"), rows)


def _show_set(change: SetChange) -> None:
    rows: list[tuple[str, int]] = [("rows before", change.before)]
    rows += [(f"left: {why}", -count) for why, count in change.left_why.items()]
    rows += [(f"entered: was {why}", count) for why, count in change.entered_why.items()]
    rows.append(("rows after", change.after))
    if change.rescored:
        rows.append(("of those that stay, with another score or cause", change.rescored))
    stdout.print(table(change.output, ("", "rows"), rows))
    for words, ids in (("left", change.left), ("entered", change.entered)):
        if ids:
            stdout.print(
                f"  {words}: {_listed(ids)}", highlight=False, markup=False, soft_wrap=True, style="dim"
            )
    stdout.print()


def _listed(ids: Sequence[tuple[str, ...]]) -> str:
    shown = [" > ".join(row) if len(row) == 2 else " ".join(row) for row in ids[:_IDS_SHOWN]]
    more = f", and {len(ids) - len(shown):,} more (--json has all)" if len(ids) > len(shown) else ""
    return ", ".join(shown) + more


def _panel(sample: FlipSample) -> Panel:
    body = Text()
    body.append(sample.prompt.strip() + "\n", style="dim")
    body.append("gold    ", style="bold")
    body.append(f"{sample.gold}\n")
    body.append("answer  ", style="bold")
    body.append(f"… {sample.answer_end.strip()}\n")
    body.append("from    ", style="bold")
    body.append(f"{_said(sample.was, sample.score_was, sample.cause_was)}\n")
    body.append("to      ", style="bold")
    body.append(_said(sample.now, sample.score_now, sample.cause_now))
    title = Text(f"{sample.was} → {sample.now}  {sample.source}  {sample.problem_id}")
    style = {"right": "green", "wrong": "red"}.get(sample.now, "yellow")
    return Panel(body, title=title, subtitle=Text(sample.response_id), title_align="left", border_style=style)


def _said(outcome: str, score: float | None, cause: str | None) -> str:
    number = "" if score is None else f" {score:g}"
    return f"{outcome}{number}{'' if cause is None else f' ({cause})'}"
