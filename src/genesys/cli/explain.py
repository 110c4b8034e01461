"""`genesys explain`: why a row is in a dataset, or is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from genesys.cli.console import print_json, stderr, stdout, table
from genesys.cli.options import Json

if TYPE_CHECKING:
    from genesys.curation.explaining_stories import Explanation, OutputStory, ResponseStory

_SHOWN, _PROMPT = 60, 600


def explain(
    folder: Annotated[Path, typer.Argument(help="A folder that `genesys curate` wrote, or a run.")],
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Of a response or a problem; its beginning will do where only one has it."
        ),
    ],
    run: Annotated[
        list[Path] | None,
        typer.Option("--run", help="The dataset's runs, where they do not lie near it. Repeatable."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe", help="Of a run: by which recipe. Default: synthetic-1. A dataset has its own."
        ),
    ] = None,
    verifier: Annotated[
        list[str] | None, typer.Option("--verifier", help="Of a run: whose scores count. Repeatable.")
    ] = None,
    memory: Annotated[str | None, typer.Option("--memory", help='Memory limit, such as "2GB".')] = None,
    json: Json = False,
) -> None:
    """Tell of one response, or of a problem's responses, what each step said, and where they stand.

    A dataset made with `genesys curate --rejected` knows it by heart; else its recipe judges the runs again, and
    the first line says which. Of a run, it tells what a recipe would do.

        genesys explain data/first 4f1c0a77
        genesys explain runs/first arithmetic-17 --recipe openr1-math
    """
    from genesys.curation.explaining import explain as tell

    with stderr.status("reading"):
        found = tell(folder, name, runs=run or (), recipe=recipe, verifiers=verifier or (), memory=memory)
    if json:
        print_json(found.to_json())
    elif found.asked == "problem" and len(found.responses) > 1:
        show_problem(found)
    else:
        show_response(found)


def _head(found: Explanation) -> None:
    stdout.print(Text(f"{found.asked} {found.name}", style="bold"))
    for line in (found.how, *found.notes):
        stdout.print(Text(line, style="dim"))
    stdout.print()
    if found.problem:
        prompt = str(found.problem["prompt"]).strip()
        more = "…" if len(prompt) > _PROMPT else ""
        stdout.print(Text(prompt[:_PROMPT] + more))
        facts = " · ".join(str(found.problem[name]) for name in ("task_type", "source", "verification_info"))
        stdout.print(Text(facts[:_PROMPT], style="dim"))
        stdout.print()


def show_problem(found: Explanation) -> None:
    """All responses to a problem, a line each: what became of them in each output."""
    _head(found)
    outputs = [story.output for story in found.responses[0].outputs]
    rows = []
    for story in found.responses[:_SHOWN]:
        counting = next((score for score in story.scores if score.counts), None)
        rows.append(
            (
                story.response_id,
                "–" if counting is None or counting.score is None else f"{counting.score:g}",
                "–" if counting is None else counting.cause or "right",
                str(story.facts.get("finish_reason", "–")),
                *(_where(one) for one in story.outputs),
            )
        )
    stdout.print(table("", ("response", "score", "cause", "finish", *outputs), rows))
    if len(found.responses) > _SHOWN:
        stdout.print(f"and {len(found.responses) - _SHOWN:,} more (--json has all)")
    stdout.print(Text("Explain one of the responses to see every step.", style="dim"))


def show_response(found: Explanation) -> None:
    """One response: its facts, its scores, and each step of each output."""
    _head(found)
    for story in found.responses:
        if story.facts:
            facts = [(name, _short(value)) for name, value in story.facts.items()]
            stdout.print(table(f"response {story.response_id}", ("", ""), facts))
            stdout.print()
        if story.scores:
            _show_scores(story)
        for output in story.outputs:
            _show_output(output)


def _show_scores(story: ResponseStory) -> None:
    rows = [
        (
            score.verifier,
            "–" if score.score is None else f"{score.score:g}",
            score.cause or ("right" if score.score == 1.0 else ""),
            "counts" if score.counts else "",
            _short(score.info),
        )
        for score in story.scores
    ]
    stdout.print(table("scores", ("verifier", "score", "cause", "", "info"), rows))
    stdout.print()


def _show_output(output: OutputStory) -> None:
    styles = {"dropped": "red", "selected": "green", "kept": "green", "unknown": "yellow"}
    rows = []
    for step in output.steps:
        words = " ".join(word for word in (step.reason, f"({step.detail})" if step.detail else None) if word)
        rows.append((step.name, step.said, words))
    made = table(f"{output.output}: {_where(output)}", ("step", "said", ""), rows)
    for row, step in zip(made.rows, output.steps, strict=True):
        row.style = styles.get(step.said, "dim")
    stdout.print(made)
    for spot in output.spots:
        stdout.print(Text(f"  {spot.file}, row {spot.row:,} ({spot.role})"), soft_wrap=True)
    stdout.print()


def _where(output: OutputStory) -> str:
    return ", ".join(spot.role if spot.role != "row" else "kept" for spot in output.spots) or output.verdict


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{name}={item}" for name, item in value.items())
    words = " ".join(str(value).split())
    return words if len(words) <= 300 else f"{words[:300]}…"
