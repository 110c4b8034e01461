"""`genesys demo`: the main job for real, on any laptop, in minutes."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from genesys.cli.console import duration, percent, stdout
from genesys.cli.live import watching
from genesys.cli.show import panel

if TYPE_CHECKING:
    from genesys.curation import CurationReport
    from genesys.rollouts.collecting import Harvest

ENV = "genesys/output-prediction-v0"
MAX_TOKENS = 64
"""A worked answer takes about 25 tokens of the tiny model."""


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the run and the datasets.")] = Path(
        "runs/demo"
    ),
    problems: Annotated[int, typer.Option("--problems", min=1, help="How many problems.")] = 256,
    n: Annotated[int, typer.Option("--n", min=1, help="Completions a problem.")] = 4,
    seed: Annotated[int, typer.Option("--seed", help="Seed of problems and samples.")] = 0,
    train: Annotated[
        bool, typer.Option("--train", help="Go on: SFT on what was curated, GRPO, and both, from one base.")
    ] = False,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help="With --train: how many seeds GRPO is trained with.")
    ] = 3,
) -> None:
    """Harvest a tiny language model, verify, and curate SFT and preference sets. No GPU, no download.

    The model is made here, once, in half a minute: it predicts what two-statement string programs print,
    sometimes by working step by step, mostly by guessing. Everything after that is the code path of a real
    harvest, with another model.
    """
    from genesys.cli.curate import show

    stdout.rule("1. A tiny language model, made from nothing")
    model = _make_model()
    stdout.rule("2. The harvest: problems, completions, verdicts")
    harvest = _harvest(model, problems, n, seed)
    run = out / "run"
    with watching(harvest.progress, "completions"):
        asyncio.run(harvest.run(run))
    _tell_harvest(harvest, run)
    stdout.rule("3. Curation: what the verifier proved right becomes data")
    report = _curate(run, out / "dataset")
    show(report)
    if train:
        from genesys.cli.demo_train import train_branches

        stdout.rule("4. Training: three ways from the same base, by the same reward")
        train_branches(model, out / "training", out / "dataset", seed=seed, seeds=seeds)
    _tell_next(model, run, out / "dataset")


def _make_model() -> Path:
    from genesys.training.tiny_model import tiny_model_cached

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("loss {task.fields[loss]:.2f}"))
    with Progress(*columns, TimeElapsedColumn(), console=stdout, transient=True) as bar:
        task = bar.add_task("training", total=None, loss=float("nan"), visible=False)

        def update(step: int, steps: int, loss: float) -> None:
            bar.update(task, completed=step, total=steps, loss=loss, visible=True)

        folder = tiny_model_cached(progress=update)
    stdout.print(f"{folder}", highlight=False, soft_wrap=True)
    return folder


def _harvest(model: Path, problems: int, n: int, seed: int) -> Harvest:
    from genesys.rollouts.collecting import Harvest
    from genesys.rollouts.collector import CollectSettings
    from genesys.rollouts.sampler import SamplerSettings
    from genesys.schema import Sampling

    return Harvest(
        env_id=ENV,
        problems=f"string-programs:level=0,seed={seed},size={problems}",
        sampler=SamplerSettings(
            name="transformers",
            model=str(model),
            sampling=Sampling(temperature=1.0, max_tokens=MAX_TOKENS),
            options={"label": "genesys-tiny"},  # what is published names no path of this machine
        ),
        seed=seed,
        settings=CollectSettings(n=n),
    )


def _tell_harvest(harvest: Harvest, run: Path) -> None:
    from genesys.rollouts.run_reader import RunReader
    from genesys.rollouts.run_summary import summarise, traces

    reader = RunReader(run)
    key, counts = next(iter(summarise(reader).scores.items()))
    verified, passed = counts.verified.total(), counts.passed.total()
    progress = harvest.progress
    stdout.print(
        f"{progress.before + progress.completions:,} completions, {progress.tokens:,} tokens sampled in "
        f"{duration(progress.seconds)}; {key} finds {passed:,} right: [bold]{percent(passed, verified)}[/]"
    )
    for wanted in ("right", "wrong_answer"):
        alike = [trace for trace in traces(reader, key) if (trace.cause or "right") == wanted]
        if alike:  # the longest shows the most working
            stdout.print(panel(max(alike, key=lambda trace: trace.tokens or 0), key))


def _curate(run: Path, out: Path) -> CurationReport:
    from genesys.curation import curate

    return curate([run], "synthetic-1", out)


def _tell_next(model: Path, run: Path, dataset: Path) -> None:
    stdout.rule("Next")
    genesys, python = _command("genesys"), _command("python")
    stdout.print(
        f"{genesys} show {run} --traces 5 --cause wrong_answer\n"
        f"{genesys} collect --env {ENV} --problems string-programs:level=0,seed=9,size=64 "
        f"--model {model} -o label=genesys-tiny --temperature 1 --top-p 1 --max-tokens {MAX_TOKENS} "
        f"--n 4 --out runs/mine\n"
        f"{genesys} demo --train\n"
        f"{python} -c \"import datasets; print(datasets.load_dataset({str(dataset)!r}, 'sft')['train'][0])\"",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


def _command(name: str) -> str:
    """How a program of this environment is called from here: by its name where the shell finds it."""
    ours = Path(sys.executable).with_name(name)
    found = shutil.which(name)
    if found is not None and Path(found).samefile(ours):
        return name
    return str(ours.relative_to(Path.cwd())) if ours.is_relative_to(Path.cwd()) else str(ours)
