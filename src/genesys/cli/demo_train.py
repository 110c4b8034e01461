"""`genesys demo --train`: the model learns, by three ways from the same base."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from genesys.cli.console import duration, stdout, table
from genesys.cli.training_screen import terminal_curve, watching_training

if TYPE_CHECKING:
    from genesys.schema import Problem
    from genesys.training.pass_at_k import PassAtK
    from genesys.training.trainers import Kind
    from genesys.training.trainers.curve import Point

ENV = "genesys/output-prediction-v0"
HELD_OUT, TRAINED_ON = 256, 2000
MAX_TOKENS = 32

SFT = {
    "learning_rate": 5e-4,
    "num_train_epochs": 2,
    "per_device_train_batch_size": 32,
    "assistant_only_loss": True,
}
GRPO = {
    "learning_rate": 4e-4,  # 1e-3 collapses
    "lr_scheduler_type": "constant_with_warmup",
    "warmup_steps": 2,
    "max_steps": 20,
    "per_device_train_batch_size": 256,
    "num_generations": 8,
    "max_completion_length": MAX_TOKENS,
    "epsilon_high": 0.28,  # DAPO's clip-higher
    "adam_beta2": 0.99,
}


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One way of training, done.

    Attributes:
        name: Its name in tables and pictures.
        seed: Its seed; None for the base.
        score: Held-out pass rate at temperature 1.
        low: Lower end of its 95 % interval over problems.
        high: Upper end.
        gain: Its score less the base's.
        points: Its curve.
    """

    name: str
    seed: int | None
    score: float
    low: float
    high: float
    gain: float
    points: Sequence[Point] = ()


def train_branches(base: Path, out: Path, dataset: Path, *, seed: int, seeds: int) -> list[Branch]:
    """Trains SFT, GRPO and SFT then GRPO from the base, and GRPO again with further seeds.

    Args:
        base: The base model.
        out: Folder for everything.
        dataset: What the demo curated.
        seed: Of the first branches.
        seeds: How many seeds GRPO from the base is trained with.

    Returns:
        The base, then the branches.
    """
    began = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    _write_problems(out, dataset)
    start = _measure("base", base, out)
    stdout.print(f"the base answers {start.value:.1%} of {start.problems} held-out problems rightly")
    branches = [_branch("base", None, start, start.value, [])]

    def add(name: str, kind: Kind, model: Path, number: int) -> Path:
        trained, points = _train(kind, model, out / f"{name.replace(' ', '-')}-{number}", dataset, number)
        score = _measure(f"{name.replace(' ', '-')}-{number}", trained, out)
        branches.append(_branch(name, number, score, start.value, points))
        stdout.print(
            f"{name}, seed {number}: {start.value:.3f} -> [bold]{score.value:.3f}[/]", highlight=False
        )
        return trained

    tuned = add("sft", "sft", base, seed)
    for number in range(seed, seed + seeds):
        add("grpo", "grpo", base, number)
    add("sft then grpo", "grpo", tuned, seed)
    _show(branches, out, time.monotonic() - began)
    return branches


def _write_problems(out: Path, dataset: Path) -> None:
    """Problems to learn from, and held-out ones that no training sees: not the base's corpus, not SFT, not GRPO."""
    from genesys.training import sft_dataset
    from genesys.training.tiny_model import problems_of

    learned = {row["prompt"][0]["content"] for row in sft_dataset(dataset)}
    held_out = _distinct("held-out", HELD_OUT, learned, problems_of)
    for name, problems in (
        ("held-out", held_out),
        ("problems", _distinct("train", TRAINED_ON, set(), problems_of)),
    ):
        lines = (json.dumps(problem.to_row()) + "\n" for problem in problems)
        (out / f"{name}.jsonl").write_text("".join(lines))


def _distinct(side: Any, count: int, without: set[str], problems_of: Any) -> list[Problem]:
    seen = dict[str, Any]()
    for problem in problems_of(side, Random(f"demo/{side}")):
        if problem.prompt not in without:
            seen.setdefault(problem.problem_id, problem)
        if len(seen) == count:
            return list(seen.values())
    return list(seen.values())  # never reached: problems are drawn without end


def _measure(name: str, model: Path, out: Path) -> PassAtK:
    """The held-out pass rate of a model, by a harvest like any other."""
    from genesys.rollouts.collecting import Harvest
    from genesys.rollouts.sampler import SamplerSettings
    from genesys.schema import Sampling
    from genesys.training.pass_at_k import evaluate_run

    harvest = Harvest(
        env_id=ENV,
        problems=str(out / "held-out.jsonl"),
        sampler=SamplerSettings(
            name="transformers",
            model=str(model),
            sampling=Sampling(temperature=1.0, max_tokens=MAX_TOKENS),
            options={"label": f"genesys-tiny-{name}"},
        ),
    )
    run = out / "eval" / name
    asyncio.run(harvest.run(run))
    return evaluate_run(run, [1]).sources["all"][0]


def _train(kind: Kind, model: Path, out: Path, dataset: Path, seed: int) -> tuple[Path, list[Point]]:
    from genesys.training.trainers import TrainingProgress, TrainSettings, train
    from genesys.training.trainers.curve import read_curve

    online = kind == "grpo"
    settings = TrainSettings(
        kind=kind,
        model=str(model),
        out=out,
        dataset=None if online else str(dataset),
        env=ENV if online else None,
        problems=str(out.parent / "problems.jsonl") if online else None,
        trl={**(GRPO if online else SFT), "seed": seed, "save_steps": 10},
    )
    progress = TrainingProgress()
    with watching_training(progress):
        report = train(settings, progress=progress)
    return report.model, read_curve(report.curve)


def _branch(name: str, seed: int | None, score: PassAtK, base: float, points: list[Point]) -> Branch:
    return Branch(
        name=name,
        seed=seed,
        score=score.value,
        low=score.low,
        high=score.high,
        gain=score.value - base,
        points=points,
    )


def _show(branches: Sequence[Branch], out: Path, seconds: float) -> None:
    from genesys.training.trainers.curve import series
    from genesys.training.trainers.picture import draw

    curves = {_label(branch): branch.points for branch in branches if series(branch.points, "reward")}
    stdout.print(terminal_curve({name: series(points, "reward") for name, points in curves.items()}))
    draw(out / "curves.svg", curves, title="reward of the tiny model, by step of GRPO")
    rows = [
        (_label(branch), f"{branch.score:.3f} [{branch.low:.3f}, {branch.high:.3f}]", f"{branch.gain:+.3f}")
        for branch in branches
    ]
    stdout.print(f"held-out reward on {HELD_OUT} problems that no training saw, at temperature 1:")
    stdout.print(table("", ("", "score [95 %]", "gain"), rows))
    described = [{**asdict(branch), "points": None} for branch in branches]
    report = {"branches": described, "seconds": round(seconds, 1)}
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    stdout.print(
        f"{out / 'curves.svg'}\n{out / 'report.json'}\ntrained in {duration(seconds)}. The base could work already, "
        "but mostly guessed: training raised the use of what it can do, and taught it nothing new.",
        highlight=False,
        soft_wrap=True,
    )


def _label(branch: Branch) -> str:
    return branch.name if branch.seed is None else f"{branch.name}, seed {branch.seed}"
