"""`genesys collect`: harvest completions of a model, and go on where an earlier call stopped."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.console import duration, percent, print_json, stderr, table
from genesys.cli.judge_report import judge_json, print_judge
from genesys.cli.live import watching
from genesys.cli.options import (
    AnswerFormat,
    EnvId,
    Json,
    Judge,
    Limit,
    OutFolder,
    Problems,
    SkipMalformed,
    Verifier,
    Workers,
    make_grader,
)
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.rollouts.progress import Progress


def collect(
    env: EnvId,
    out: OutFolder,
    model: Annotated[
        str, typer.Option("--model", help="Name or path of the model; of a recording, its file of responses.")
    ],
    sampler: Annotated[str, typer.Option("--sampler", help="transformers, recording, …")] = "transformers",
    problems: Problems = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Completions a problem; may grow later.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="The run's seed; each sample's follows from it.")] = 0,
    template: Annotated[
        str | None, typer.Option("--template", help='How a problem becomes messages: "plain", "boxed".')
    ] = None,
    temperature: Annotated[float, typer.Option("--temperature", min=0.0, help="0 is greedy.")] = 0.6,
    top_p: Annotated[float, typer.Option("--top-p", min=0.0, max=1.0, help="Nucleus.")] = 0.95,
    top_k: Annotated[int, typer.Option("--top-k", min=0, help="0 considers all tokens.")] = 0,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=1, help="Tokens a completion at most.")
    ] = 12_288,
    sampler_option: Annotated[
        list[str] | None,
        typer.Option(
            "--sampler-option", "-o", help="KEY=VALUE for the sampler, such as batch_size=128. Repeatable."
        ),
    ] = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Requests in flight at most.")
    ] = 256,
    limit: Limit = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", help="i/n: only this share of the problems; `genesys merge` brings shards together."
        ),
    ] = None,
    verify: Annotated[bool, typer.Option(help="Verify completions alongside.")] = True,
    verifier: Verifier = None,
    answer_format: AnswerFormat = None,
    judge: Judge = None,
    on_bad_gold: Annotated[
        str, typer.Option("--on-bad-gold", help="skip: leave out problems nobody can verify; fail: stop.")
    ] = "skip",
    skip_malformed: SkipMalformed = False,
    spool: Annotated[
        Path | None,
        typer.Option(
            "--spool", help="Local folder for the write-ahead spool, where --out is a network disk."
        ),
    ] = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Harvest completions of a model into a run folder, verified alongside.

    Run the same command again after any interruption: it continues, and samples nothing twice.

        genesys collect --env genesys/math-v0 --problems problems.jsonl --model ./my-model --n 4 --out runs/first
    """
    from genesys.rollouts.collecting import Harvest
    from genesys.rollouts.collector import CollectSettings
    from genesys.rollouts.sampler import SamplerSettings
    from genesys.rollouts.shard import Shard
    from genesys.schema import Sampling

    harvest = Harvest(
        env_id=env,
        problems=problems,
        template=template,
        sampler=SamplerSettings(
            name=sampler,
            model=model,
            sampling=Sampling(temperature=temperature, top_p=top_p, top_k=top_k, max_tokens=max_tokens),
            options=parse_options(sampler_option or []),
        ),
        seed=seed,
        settings=CollectSettings(
            n=n,
            limit=limit,
            concurrency=concurrency,
            verify=verify,
            on_bad_gold=on_bad_gold,
            shard=None if shard is None else Shard.parse(shard),
        ),
        skip_malformed=skip_malformed,
        spool=spool,
    )
    grader = make_grader(verifier, answer_format, workers, judge)
    try:
        with watching(harvest.progress, "completions"):
            progress = asyncio.run(interruptible(harvest.run(out, grader)))
    finally:
        grader.close()
    report(progress, out, json=json)
    if progress.failed:
        raise typer.Exit(1)


async def interruptible(work: Any) -> Any:
    """Lets SIGTERM end a harvest as Ctrl-C does: what has arrived is committed first."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def parse_options(pairs: list[str], flag: str = "--sampler-option") -> dict[str, Any]:
    """`KEY=VALUE` texts as keyword arguments; values are JSON where they parse as such, else texts.

    Raises:
        ConfigurationError: If a text has no `=`.
    """
    from json import loads

    options: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigurationError(f"{flag} {pair!r} is not of the form KEY=VALUE")
        try:
            options[key] = loads(value)
        except ValueError:
            options[key] = value
    return options


def report(progress: Progress, out: Path, *, json: bool) -> None:
    """Says what a harvest did."""
    if json:
        print_json(
            {
                "out": str(out),
                "planned": progress.planned,
                "before": progress.before,
                "completions": progress.completions,
                "tokens": progress.tokens,
                "truncated": progress.truncated,
                "failed": progress.failed,
                "bad_golds": progress.bad_golds,
                "verified": progress.verified,
                "passed": progress.passed,
                "causes": dict(progress.causes),
                "judge": judge_json(),
                "seconds": round(progress.seconds, 3),
            }
        )
        return
    scorable = progress.verified - progress.unscorable
    rows: list[tuple[str, object]] = [
        ("completions", progress.completions),
        ("committed by earlier calls", progress.before),
        ("tokens", progress.tokens),
        ("tokens/s", f"{progress.tokens_per_second:,.0f}"),
        ("pass rate", percent(progress.passed, scorable)),
        ("truncated", percent(progress.truncated, progress.completions)),
        ("unscorable", percent(progress.unscorable, progress.verified)),
        ("time", duration(progress.seconds)),
    ]
    rows += [("bad golds left out", progress.bad_golds)] if progress.bad_golds else []
    rows += [("failed, asked again by the next call", progress.failed)] if progress.failed else []
    stderr.print(table(str(out), ("", "this call"), rows))
    print_judge()
