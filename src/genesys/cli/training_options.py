"""The flags that `genesys sft`, `genesys dpo` and `genesys grpo` share, and what the three do with them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.console import print_json

if TYPE_CHECKING:
    from genesys.training.trainers import Kind

Config = Annotated[
    Path | None,
    typer.Argument(help="TOML file of settings: genesys's own and any field of TRL's configuration."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE for any field of TRL's configuration. Repeatable."),
]
Model = Annotated[
    str | None, typer.Option("--model", help="A folder that save_pretrained wrote, or a name on the hub.")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for everything. One that holds this training continues it."),
]
Dataset = Annotated[
    str | None, typer.Option("--dataset", help="A folder that `genesys curate` wrote, or a Parquet file.")
]
Env = Annotated[
    str | None, typer.Option("--env", help="Environment that serves the problems; `genesys envs` lists them.")
]
Template = Annotated[str | None, typer.Option("--template", help='How problems are put: "plain", "boxed".')]
EvalProblems = Annotated[
    str | None,
    typer.Option("--eval-problems", help="Held-out problems, scored before, during and after training."),
]
EvalLimit = Annotated[int | None, typer.Option("--eval-limit", help="How many of them. Default: 256.")]
EvalN = Annotated[int | None, typer.Option("--eval-n", help="Completions for each. Default: 1.")]
EvalEvery = Annotated[
    int | None, typer.Option("--eval-every", help="Steps between evaluations. Default: before and after.")
]
EvalMaxTokens = Annotated[
    int | None, typer.Option("--eval-max-tokens", help="Tokens of a held-out completion. Default: 4096.")
]
Steps = Annotated[int | None, typer.Option("--steps", help="Optimiser steps (TRL's max_steps).")]
Epochs = Annotated[
    float | None, typer.Option("--epochs", help="Passes over the data (num_train_epochs), without --steps.")
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", help="Rows a device and step (per_device_train_batch_size)."),
]
LearningRate = Annotated[float | None, typer.Option("--learning-rate", help="Its highest value.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of data order and sampling. Default: 0.")]
SaveEvery = Annotated[
    int | None, typer.Option("--save-every", help="Steps between checkpoints. Default: 50.")
]
Wandb = Annotated[
    bool,
    typer.Option("--wandb", help="Report to Weights & Biases; WANDB_PROJECT and WANDB_MODE are its own."),
]
Force = Annotated[bool, typer.Option("--force", help="Go on where the checks before training would stop.")]


def run_training(
    kind: Kind,
    *,
    config: Path | None,
    given: Mapping[str, Any],
    assignments: list[str] | None,
    judge: str | None,
    force: bool,
    json: bool,
) -> None:
    """Trains by what the command line says, and shows it."""
    from genesys.cli.training_screen import show_report, watching_training
    from genesys.rewards.judging import configure_judge
    from genesys.training.trainers import TrainingProgress, read_settings, train

    if judge is not None:
        configure_judge(judge)
    settings = read_settings(kind, config=config, given=given, assignments=assignments or ())
    progress = TrainingProgress()
    with terminable(), watching_training(progress):
        report = train(settings, progress=progress, force=force)
    if os.environ.get("RANK", "0") != "0":  # torchrun's and accelerate's word: one process of several speaks
        return
    if json:
        print_json(report.to_json())
    else:
        show_report(report)


@contextmanager
def terminable() -> Iterator[None]:
    """Lets SIGTERM end a training as Ctrl-C does: the next call goes on from the last checkpoint."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
