"""`genesys show`: a run in numbers, then traces to read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.panel import Panel
from rich.text import Text

from genesys.cli.console import percent, print_json, stderr, stdout, table
from genesys.cli.options import Json
from genesys.cli.yield_report import print_yield
from genesys.errors import UnknownName

if TYPE_CHECKING:
    from genesys.rollouts.run_reader import RunReader
    from genesys.rollouts.run_summary import RunSummary, Trace


def show(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    traces: Annotated[int, typer.Option("--traces", min=0, help="How many traces to show.")] = 2,
    cause: Annotated[
        str | None, typer.Option("--cause", help='Only traces of this cause; "right" for full scores.')
    ] = None,
    problem: Annotated[str | None, typer.Option("--problem", help="Only traces of this problem.")] = None,
    verifier: Annotated[
        str | None,
        typer.Option("--verifier", help="Whose verdicts, by key or name. Default: the task type's own."),
    ] = None,
    yields: Annotated[
        bool,
        typer.Option(
            "--yield",
            help="Show what it gave for its tokens, hours and money, and what other limits would have.",
        ),
    ] = False,
    gpus: Annotated[int, typer.Option("--gpus", min=1, help="GPUs that sampled, for --yield.")] = 1,
    gpu_hour_price: Annotated[
        float, typer.Option("--gpu-hour-price", min=0.0, help="Of one GPU, for --yield.")
    ] = 0.0,
    price_prompt: Annotated[
        float, typer.Option("--price-prompt", min=0.0, help="Of a million prompt tokens, for --yield.")
    ] = 0.0,
    price_completion: Annotated[
        float, typer.Option("--price-completion", min=0.0, help="Of a million sampled tokens, for --yield.")
    ] = 0.0,
    json: Json = False,
) -> None:
    """Show a run: its identity, its numbers by source and cause, and some of its traces."""
    from genesys.rollouts.run_reader import RunReader
    from genesys.rollouts.run_summary import summarise

    reader = RunReader.open(run)
    summary = summarise(reader)
    key = _chosen_key(summary, verifier)
    if yields:
        from genesys.rollouts.budgets import Prices
        from genesys.rollouts.run_yield import run_yield

        prices = Prices(prompt=price_prompt, completion=price_completion)
        given = None if verifier is None else key
        worth = run_yield(reader, verifier=given, gpus=gpus, prices=prices, gpu_hour_price=gpu_hour_price)
        print_json(worth.to_json()) if json else print_yield(worth)
        return
    found = list(islice(_chosen(reader, key, cause, problem), traces))
    if json:
        print_json({**_as_json(summary), "traces": [vars(trace) for trace in found]})
        return
    _print_summary(summary)
    for trace in found:
        stdout.print(panel(trace, key or ""))
    if traces and not found:
        stderr.print("no trace matches")


def _chosen_key(summary: RunSummary, verifier: str | None) -> str | None:
    """Whose verdicts: those asked for by key or name, else the task type's own verifier's."""
    if verifier is None:
        return next(iter(summary.scores), None)
    named = [key for key in summary.scores if verifier in (key, key.partition("@")[0])]
    if not named:
        raise UnknownName.of("verifier key in this run", verifier, summary.scores)
    return named[0]


def _chosen(run: RunReader, key: str | None, cause: str | None, problem: str | None) -> Iterator[Trace]:
    from genesys.causes import CAUSES
    from genesys.rollouts.run_summary import traces

    if cause is not None and cause not in {"right", "unscored", *CAUSES}:
        raise UnknownName.of("cause", cause, ["right", "unscored", *CAUSES])
    for trace in traces(run, key):
        if problem in (None, trace.problem_id) and cause in (None, trace.cause or "right"):
            yield trace


def panel(trace: Trace, verifier: str) -> Panel:
    """One trace as a box: prompt, gold, completion and verdict."""
    body = Text()
    body.append(trace.prompt.strip() + "\n\n", style="dim")
    body.append(trace.text.strip())
    verdict = "right" if trace.score == 1.0 else f"{trace.score} {trace.cause}"
    title = f"{trace.problem_id}  gold: {trace.gold}" if trace.gold is not None else trace.problem_id
    footer = (
        f"{verifier}: {verdict}, {trace.tokens or '?'} tokens, {trace.finish_reason}, {trace.response_id}"
    )
    style = "green" if trace.score == 1.0 else "yellow" if trace.score is None else "red"
    return Panel(body, title=Text(title), subtitle=Text(footer), title_align="left", border_style=style)


def _print_summary(summary: RunSummary) -> None:
    identity = [(name, str(value)) for name, value in summary.identity.items()]
    stdout.print(table("run", ("", ""), identity))
    numbers: list[tuple[str, object]] = [
        ("problems", summary.problems),
        ("completions", summary.completions),
        ("tokens", summary.tokens),
        ("tokens a completion", summary.tokens // max(summary.completions, 1)),
    ]
    numbers += [(f"finished by {name}", count) for name, count in summary.finish_reasons.most_common()]
    stdout.print(table("numbers", ("", ""), numbers))
    for key, counts in summary.scores.items():
        rows = [
            (
                source,
                verified,
                counts.passed[source],
                percent(counts.passed[source], verified - counts.unscorable[source]),
                counts.unscorable[source],
            )
            for source, verified in sorted(counts.verified.items())
        ]
        stdout.print(table(key, ("source", "verified", "passed", "pass rate", "unscorable"), rows))
        stdout.print(table("", ("cause", "verdicts"), counts.causes.most_common()))


def _as_json(summary: RunSummary) -> dict[str, object]:
    scores = {
        key: {name: dict(counter) for name, counter in vars(counts).items()}
        for key, counts in summary.scores.items()
    }
    return {**vars(summary), "finish_reasons": dict(summary.finish_reasons), "scores": scores}
