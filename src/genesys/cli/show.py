"""`genesys show`: a run in numbers, then traces to read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genesys.cli.console import percent, print_json, stderr, stdout, table
from genesys.cli.options import Json
from genesys.cli.paging import Pages, is_interactive, page_through
from genesys.cli.show_options import Cause, Finish, ProblemId, Response, Score, Search, Source, Tokens, span
from genesys.cli.trace_panel import panel
from genesys.cli.yield_report import print_yield
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.rollouts.run_reader import RunReader
    from genesys.rollouts.run_summary import RunSummary

__all__ = ["panel", "show"]


def show(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    traces: Annotated[int, typer.Option("--traces", min=0, help="How many traces a page has; 0: none.")] = 2,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page of them.")] = 1,
    cause: Cause = None,
    source: Source = None,
    problem: ProblemId = None,
    response: Response = None,
    score: Score = None,
    tokens: Tokens = None,
    finish: Finish = None,
    search: Search = None,
    verifier: Annotated[
        str | None,
        typer.Option("--verifier", help="Whose verdicts, by key or name. Default: the task type's own."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print one page and end, also in a terminal.")
    ] = False,
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
    """Show a run: its numbers by source and cause, then the traces you ask for.

    In a terminal, keys page through them: n and p, g and G, f folds reasoning, q ends. Elsewhere, and with
    --plain, it prints the one page of --page.

        genesys show runs/first --cause wrong_answer
        genesys show runs/first --source gsm8k --score 0.2..0.8 --search remainder --traces 5 --page 3
    """
    from genesys.curation.browsing import RunBook, TraceFilter
    from genesys.rollouts.run_reader import RunReader
    from genesys.rollouts.run_summary import summarise

    reader = RunReader.open(run)
    if yields:
        _show_yield(
            reader,
            verifier,
            price_prompt,
            price_completion,
            gpus=gpus,
            gpu_hour_price=gpu_hour_price,
            json=json,
        )
        return
    wanted = TraceFilter(
        problem=problem,
        response=response,
        source=source,
        cause=cause,
        finish=finish,
        score=span(score, "--score"),
        tokens=span(tokens, "--tokens"),
        search=search,
    )
    summary = summarise(reader)
    book = RunBook(reader, verifier)
    pages = Pages(book=book, places=book.find(wanted), size=traces, mark=search)
    if page > max(pages.count, 1):
        raise ConfigurationError(f"there is no page {page:,}", f"There are {pages.count:,} pages.")
    if json:
        found = book.read(pages.places[(page - 1) * traces : page * traces])
        print_json(
            {
                **_as_json(summary),
                "found": len(pages.places),
                "page": page,
                "pages": pages.count,
                "traces": [vars(trace) for trace in found],
            }
        )
        return
    _print_summary(summary)
    if not pages.count:
        if traces:
            stderr.print("no trace matches")
    elif is_interactive() and not plain:
        page_through(pages, page)
    else:
        pages.print(page, fold=False)
        stderr.print(pages.foot(page), highlight=False)


def _show_yield(
    reader: RunReader,
    verifier: str | None,
    price_prompt: float,
    price_completion: float,
    *,
    gpus: int,
    gpu_hour_price: float,
    json: bool,
) -> None:
    from genesys.curation.browsing import chosen_key
    from genesys.rollouts.budgets import Prices
    from genesys.rollouts.run_yield import run_yield

    prices = Prices(prompt=price_prompt, completion=price_completion)
    key = None if verifier is None else chosen_key(reader.verifier_keys(), verifier)
    worth = run_yield(reader, verifier=key, gpus=gpus, prices=prices, gpu_hour_price=gpu_hour_price)
    print_json(worth.to_json()) if json else print_yield(worth)


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
