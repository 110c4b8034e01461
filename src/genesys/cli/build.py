"""`genesys build`: raw dumps become verifiable problems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markdown import Markdown
from rich.panel import Panel

from genesys.cli.collect import parse_options
from genesys.cli.console import print_json, stderr, stdout, table
from genesys.cli.options import Json, Limit, Workers, make_grader
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.curation.builders import BuildReport
    from genesys.rollouts.sampler import SamplerSettings

_ASK = "The language model"


def build(
    builder: Annotated[str, typer.Argument(help="math, code, swe, stem or output.")],
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source", help="File or folder of raw rows. Repeatable; the builder knows its formats."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The folder to write.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", help="KEY=VALUE for this builder. Repeatable.")
    ] = None,
    decontaminate: Annotated[
        list[str] | None,
        typer.Option(
            "--decontaminate", help="Test set to keep out: a file, a hub id, aime24, math-500, … Repeatable."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of every random choice.")] = 0,
    limit: Limit = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what each stage would take of a sample, and prompts; ask nobody."
        ),
    ] = False,
    no_llm: Annotated[
        bool, typer.Option("--no-llm", help="Rules alone; rows that need a language model are dropped.")
    ] = False,
    sampler: Annotated[
        str, typer.Option("--sampler", help="server, vllm, transformers, …", rich_help_panel=_ASK)
    ] = "server",
    model: Annotated[
        str | None, typer.Option("--model", help="Name or path of the model.", rich_help_panel=_ASK)
    ] = None,
    sampler_option: Annotated[
        list[str] | None,
        typer.Option("--sampler-option", "-o", help="KEY=VALUE for the sampler.", rich_help_panel=_ASK),
    ] = None,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.0, help="0 is greedy.", rich_help_panel=_ASK)
    ] = 0.6,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Tokens of a reply at most.", rich_help_panel=_ASK)
    ] = 4096,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Prompts in flight at most.", rich_help_panel=_ASK)
    ] = 64,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace --out even if it holds other things.")
    ] = False,
    workers: Workers = None,
    json: Json = False,
) -> None:
    r"""Make verifiable problems of raw dumps, every dropped row with its reason.

    Each kept problem has passed the gold audit: its gold scores 1 under its own verifier, an empty answer and
    a near miss score below. Run the same command again after an interruption: it continues, and asks the
    model nothing twice. Working files lie in <out>.work and may be deleted when you are content.

        genesys build math --source numina.parquet --model Qwen/Qwen3-32B \
            -o endpoints=http://localhost:8000/v1 --out problems/numina
        genesys build output --option size=2000 --out problems/strings --no-llm
    """
    from genesys.curation.builders import Build, BuildOptions

    if out is None and not dry_run:
        raise ConfigurationError("--out names no folder", "Give one, or look first with --dry-run.")
    grader = make_grader(None, None, workers)
    with stderr.status(builder) as status:
        job = Build(
            builder=builder,
            sources=source or (),
            options=BuildOptions(llm=not no_llm, seed=seed, extra=parse_options(option or [], "--option")),
            sampling=_sampling(sampler, model, sampler_option or [], temperature, max_tokens, no_llm=no_llm),
            limit=limit,
            concurrency=concurrency,
            tests=decontaminate or (),
            on_stage=lambda name, done: status.update(f"{name}: {done:,}" if done else name),
        )
        try:
            report = (
                job.dry_run(grader) if dry_run or out is None else job.run(out, grader, overwrite=overwrite)
            )
        finally:
            grader.close()
    if json:
        print_json(report.to_json() | ({"prompts_shown": dict(report.shown)} if dry_run else {}))
    else:
        _show(report)


def _sampling(
    name: str, model: str | None, options: list[str], temperature: float, max_tokens: int, *, no_llm: bool
) -> SamplerSettings | None:
    from genesys.rollouts.sampler import SamplerSettings
    from genesys.schema import Sampling

    if model is None or no_llm:
        return None
    extra: dict[str, Any] = parse_options(options)
    sampling = Sampling(temperature=temperature, max_tokens=max_tokens)
    return SamplerSettings(name=name, model=model, sampling=sampling, options=extra)


def _show(report: BuildReport) -> None:
    rows: list[tuple[str, str, int]] = []
    for stage in report.stages:
        rows.append((stage.name, "read", stage.read))
        rows += [("", f"dropped: {reason}", count) for reason, count in stage.dropped.most_common()]
        rows.append(("", "passed on", stage.kept))
    stderr.print(table(f"{report.builder}: {report.problems:,} problems", ("stage", "", "rows"), rows))
    for key, values in report.spread.items():
        stderr.print(
            f"{key}: " + ", ".join(f"{value} {count:,}" for value, count in values.items()), highlight=False
        )
    for step, prompts in report.shown.items():
        for prompt in prompts:
            stdout.print(Panel(Markdown(prompt), title=f"{step} would ask"))
    if report.out is not None:
        stderr.print(f"{report.out}/problems/*.parquet", highlight=False, soft_wrap=True, markup=False)
