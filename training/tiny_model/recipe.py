"""The recipe of the tiny model, its checked seed, and what making it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DEFAULT_SEED = 2
"""A seed whose model was checked: see `benchmarks/tiny_model.py` for the figures and how to take them."""

RECORD = "training.json"
"""The file of a model folder that says how it was made."""

Progress = Callable[[int, int, float], None]
"""Called after each step with its number, the number of steps and the loss."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Sizes and steps.

    The first steps see only the authors who work, the rest all of them. A model this small learns to work
    three times as fast where guesses do not drown what there is to learn, and guesses like the corpus
    afterwards.

    Attributes:
        version: Moves whenever the same seed gives another model.
        hidden_size: Width.
        head_size: Width of one attention head.
        layers: Depth.
        worked_steps: Optimiser steps on worked documents alone.
        steps: Optimiser steps in all.
        batch_size: Documents a step.
        learning_rate: Its highest value.
        warmup: Steps to reach it.
    """

    version: str = "1"
    hidden_size: int = 64
    head_size: int = 16
    layers: int = 2
    worked_steps: int = 260
    steps: int = 460
    batch_size: int = 64
    learning_rate: float = 4e-3
    warmup: int = 20


RECIPE = Recipe()


@dataclass(frozen=True, kw_only=True)
class TinyModelReport:
    """What making the model gave.

    Attributes:
        folder: Where it is.
        seed: Its seed.
        steps: Optimiser steps.
        loss: Of the last step, in nats a completion token.
        parameters: How many weights.
        bytes: Size of the folder.
        cpu_seconds: What making it took.
    """

    folder: Path
    seed: int
    steps: int
    loss: float
    parameters: int
    bytes: int
    cpu_seconds: float
