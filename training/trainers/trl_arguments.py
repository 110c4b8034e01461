"""TRL's own configuration: which fields it has, what genesys presets, and the object itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from genesys.errors import ConfigurationError
from genesys.optional import require
from genesys.training.trainers.settings import CONFIG_CLASSES, Kind, TrainSettings

SAVE_STEPS = 50
"""Steps between two checkpoints, where nobody says: TRL's 500 would lose hours."""


def config_class(kind: Kind) -> Any:
    """TRL's configuration class of a kind of training.

    Raises:
        MissingExtra: If TRL is not installed.
    """
    return getattr(require("trl", extra="train", feature=f"genesys {kind}"), CONFIG_CLASSES[kind])


def trl_fields(kind: Kind) -> dict[str, Field[Any]]:
    """The fields that a configuration of TRL takes, by name."""
    return {entry.name: entry for entry in fields(config_class(kind)) if entry.init}


def trl_arguments(settings: TrainSettings, *, resumed: bool) -> Any:
    """TRL's configuration object of a training.

    Presets come first, then what was given; the rest are TRL's defaults.

    Args:
        settings: The training.
        resumed: Whether it continues from a checkpoint: the evaluation before it was made then.

    Raises:
        ConfigurationError: If TRL refuses a value; the error carries its words.
    """
    known = trl_fields(settings.kind)
    for name, value in settings.trl.items():
        _check_value(name, value, known[name])
    arguments = _presets(settings) | dict(settings.trl)
    arguments |= _evaluation(settings, arguments, resumed=resumed)
    arguments |= {
        "output_dir": str(settings.out),
        "report_to": "wandb" if settings.wandb else "none",
    }
    try:
        made = config_class(settings.kind)(**arguments)
    except (ValueError, TypeError, ImportError) as error:
        fault = f"trl.{CONFIG_CLASSES[settings.kind]} refuses the settings: {error}"
        raise ConfigurationError(fault) from None
    _save_on_boundaries(made)
    return made


def _save_on_boundaries(args: Any) -> None:
    """Rounds `save_steps` up to where nothing that was generated is left to learn from."""
    every = steps_between_boundaries(args)
    if args.save_steps >= 1:  # below 1 it is a share of all steps
        args.save_steps = math.ceil(args.save_steps / every) * every


def steps_between_boundaries(args: Any) -> int:
    """Optimiser steps from one generation to the next place where nothing generated is left over.

    Args:
        args: TRL's configuration; one without generations has a boundary after every step.
    """
    if getattr(args, "steps_per_generation", None) is None:
        return 1
    micro_steps = int(args.steps_per_generation) * int(getattr(args, "num_iterations", 1))
    accumulated = int(args.gradient_accumulation_steps)
    return math.lcm(micro_steps, accumulated) // accumulated


def _presets(settings: TrainSettings) -> dict[str, Any]:
    presets: dict[str, Any] = {
        "disable_tqdm": True,
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": SAVE_STEPS,
        "save_total_limit": 2,
        "seed": 0,
    }
    if settings.kind == "grpo":
        presets |= {"log_completions": True, "num_completions_to_print": 0}  # to Parquet, not to the screen
    else:
        # A trace that is cut off loses its answer: nothing is cut unless somebody says so.
        presets |= {} if settings.trl.get("packing") else {"max_length": None}
    return presets | ({} if _has_accelerator() else _on_cpu())


def _on_cpu() -> dict[str, Any]:
    return {
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "dataloader_pin_memory": False,
    }


def _has_accelerator() -> bool:
    import torch

    return torch.accelerator.is_available()


def _evaluation(settings: TrainSettings, arguments: Mapping[str, Any], *, resumed: bool) -> dict[str, Any]:
    """GRPO evaluates by TRL itself, with whatever generates for training; the others by `HeldOut`."""
    if settings.kind != "grpo" or settings.eval_problems is None:
        return {}
    found: dict[str, Any] = {"num_generations_eval": settings.eval_n, "eval_on_start": not resumed}
    if settings.eval_every is not None:
        found |= {"eval_strategy": "steps", "eval_steps": settings.eval_every}
    if "per_device_eval_batch_size" not in arguments:
        wanted = max(int(arguments.get("per_device_train_batch_size", 8)), settings.eval_n)
        found["per_device_eval_batch_size"] = wanted - wanted % settings.eval_n
    return found


def _check_value(name: str, value: Any, entry: Field[Any]) -> None:
    """TRL itself takes a text for a number and fails an hour later."""
    if entry.default is MISSING or value is None:
        return
    wanted = type(entry.default)
    if wanted is bool and not isinstance(value, bool):
        raise ConfigurationError(f"{name}={value!r} is neither true nor false")
    if wanted in (int, float) and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ConfigurationError(f"{name}={value!r} is no number")
    if wanted in (int, float) and not math.isfinite(value):
        raise ConfigurationError(f"{name}={value!r} is no finite number")
