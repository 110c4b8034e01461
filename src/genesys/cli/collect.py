"""`genesys collect`: harvest completions of a model, and go on where an earlier call stopped."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from genesys.cli import collect_options as flags
from genesys.cli.cluster_options import (
    Cluster,
    CpusPerSampler,
    GpusPerSampler,
    RayAddress,
    Samplers,
    VerifyOn,
    joined,
)
from genesys.cli.collect_report import report
from genesys.cli.collect_work import continuation_of, harvest_of
from genesys.cli.live import watching
from genesys.cli.options import make_grader
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.rollouts.progress import Progress


def collect(
    out: flags.OutFolder,
    env: flags.EnvId = None,
    problems: flags.Problems = None,
    mixture: flags.MixtureFile = None,
    template: flags.Template = None,
    limit: flags.Limit = None,
    shard: flags.Shard = None,
    skip_malformed: flags.SkipMalformed = False,
    on_bad_gold: flags.OnBadGold = "skip",
    model: flags.Model = None,
    sampler: flags.SamplerName = "transformers",
    sampler_option: flags.SamplerOption = None,
    endpoint: flags.Endpoint = None,
    preset: flags.PresetName = None,
    n: flags.N = 1,
    seed: flags.Seed = 0,
    temperature: flags.Temperature = None,
    top_p: flags.TopP = None,
    top_k: flags.TopK = None,
    max_tokens: flags.MaxTokens = None,
    open_think: flags.OpenThink = None,
    stop_repetition: flags.StopRepetition = None,
    continue_truncated: flags.ContinueTruncated = False,
    verify: flags.Verify = True,
    verifier: flags.Verifier = None,
    answer_format: flags.AnswerFormat = None,
    judge: flags.Judge = None,
    workers: flags.Workers = None,
    until_correct: flags.UntilCorrect = None,
    until_pair: flags.UntilPair = False,
    max_completions: flags.MaxCompletions = None,
    max_total_tokens: flags.MaxTotalTokens = None,
    max_hours: flags.MaxHours = None,
    max_seconds: flags.MaxSeconds = None,
    max_cost: flags.MaxCost = None,
    price_prompt: flags.PricePrompt = 0.0,
    price_completion: flags.PriceCompletion = 0.0,
    grace: flags.Grace = None,
    spool: flags.SpoolFolder = None,
    concurrency: flags.Concurrency = 256,
    cluster: Cluster = None,
    ray_address: RayAddress = None,
    samplers: Samplers = None,
    gpus_per_sampler: GpusPerSampler = None,
    cpus_per_sampler: CpusPerSampler = 1.0,
    verify_on: VerifyOn = "driver",
    wandb: flags.Wandb = None,
    json: flags.Json = False,
) -> None:
    """Harvest completions of a model into a run folder, verified alongside.

    Run the same command again after any interruption: it continues, and samples nothing twice.

        genesys collect --env genesys/math-v0 --problems problems.jsonl --model ./my-model --n 4 --out runs/first

        genesys collect --preset deepseek-r1 --mixture mix.toml --sampler vllm --model deepseek-ai/DeepSeek-R1 --out runs/r1

        genesys collect --continue-truncated --max-tokens 24576 --sampler vllm --out runs/r1
    """
    asked = locals()
    asked_format = None
    if continue_truncated:
        work: Any = continuation_of(asked)
    else:
        work, asked_format = harvest_of(asked)
    chosen_format = answer_format or (None if verifier else asked_format)
    verified_on = work.cluster if verify_on == "cluster" else None
    grader = make_grader(verifier, chosen_format, workers, judge, verified_on)
    try:
        with (
            joined(work.cluster),
            watching(work.progress, "completions"),
            _logged(wandb, work.progress, out, asked),
        ):
            progress = asyncio.run(interruptible(work.run(out, grader)))
    finally:
        grader.close()
    report(progress, out, json=json)
    if progress.failed:
        raise typer.Exit(1)


def _logged(
    project: str | None, progress: Progress, out: Path, asked: dict[str, Any]
) -> AbstractContextManager[None]:
    """Logs to Weights & Biases while the work goes on, where that is asked for."""
    if project is None:
        return nullcontext()
    from genesys.rollouts.wandb_log import logging_to_wandb

    config = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asked.items()
        if name not in ("judge", "sampler_option", "endpoint")  # these may hold addresses
    }
    return logging_to_wandb(project, progress, out, config)


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
