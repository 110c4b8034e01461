"""TRL's trainer of a training, with everything around it."""

# mypy: untyped-calls-exclude="torch,transformers,trl"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PrinterCallback

from genesys.errors import ConfigurationError
from genesys.optional import require
from genesys.training.trainers.callbacks import Following, Samples
from genesys.training.trainers.checkpoints import BoundarySaves
from genesys.training.trainers.held_out import HeldOut
from genesys.training.trainers.material import Material
from genesys.training.trainers.progress import HELD_OUT, TrainingProgress
from genesys.training.trainers.settings import TrainSettings
from genesys.training.trainers.trl_arguments import steps_between_boundaries


def open_tokenizer(settings: TrainSettings) -> Any:
    """The model's tokenizer, padded as its trainer wants it.

    Raises:
        ConfigurationError: If there is no such model, or it has no tokenizer.
    """
    init = settings.trl.get("model_init_kwargs") or {}
    _check_folder(settings.model)
    try:
        return AutoTokenizer.from_pretrained(
            settings.model,
            revision=init.get("revision", "main"),
            trust_remote_code=bool(settings.trl.get("trust_remote_code", False)),
            **({"padding_side": "left", "truncation_side": "left"} if settings.kind == "grpo" else {}),
        )
    except (OSError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise ConfigurationError(
            f"the model {settings.model!r} cannot be opened: {reason}",
            "Name a folder that save_pretrained wrote, or a model on the hub that this machine reaches.",
        ) from None


def _check_folder(model: str) -> None:
    """Words that can only be a folder are not asked of the hub, which would answer something else."""
    is_path = Path(model).is_absolute() or model.startswith((".", "~")) or model.count("/") > 1
    if is_path and not Path(model).is_dir():
        raise ConfigurationError(
            f"there is no model folder {model!r}", "Name a folder that save_pretrained wrote."
        )


def assemble(
    settings: TrainSettings, args: Any, material: Material, tokenizer: Any, progress: TrainingProgress
) -> Any:
    """Makes the trainer.

    Args:
        settings: The training.
        args: TRL's configuration.
        material: Data and rewards.
        tokenizer: The model's.
        progress: Kept up to date.

    Raises:
        ConfigurationError: If TRL refuses what it was given; the error carries its words.
    """
    held_out = _held_out(settings, args, material)
    callbacks = [
        BoundarySaves(steps_between_boundaries(args)),
        Following(settings.out, progress, held_out_key(material)),
        *([Samples(settings.out)] if settings.kind == "grpo" else []),
        *([material.curriculum.callback()] if material.curriculum is not None else []),
        *([held_out] if held_out is not None else []),
    ]
    try:
        trainer = _trainer(settings, args, material, tokenizer, callbacks)
    except (ValueError, TypeError, ImportError, OSError) as error:
        raise ConfigurationError(f"TRL's trainer refuses the settings: {error}") from error
    trainer.remove_callback(PrinterCallback)  # the screen is the caller's
    if held_out is not None:
        held_out.attach(trainer)
    return trainer


def held_out_key(material: Material) -> str:
    """Under which word the trainer logs the held-out score."""
    return f"eval_rewards/{material.rewards[0].__name__}/mean" if material.rewards else HELD_OUT


def _trainer(
    settings: TrainSettings, args: Any, material: Material, tokenizer: Any, callbacks: list[Any]
) -> Any:
    trl = require("trl", extra="train", feature=f"genesys {settings.kind}")
    common: dict[str, Any] = {
        "model": settings.model,
        "args": args,
        "train_dataset": material.dataset,
        "processing_class": tokenizer,
        "callbacks": callbacks,
    }
    if settings.kind == "sft":
        return trl.SFTTrainer(**common)
    if settings.kind == "dpo":
        return trl.DPOTrainer(**common)
    return trl.GRPOTrainer(**common, reward_funcs=list(material.rewards), eval_dataset=material.held_out)


def _held_out(settings: TrainSettings, args: Any, material: Material) -> HeldOut | None:
    if settings.kind == "grpo" or material.held_out is None:
        return None
    return HeldOut(
        material.held_out_rows(),
        material.score,
        count=settings.eval_n,
        every=settings.eval_every,
        max_tokens=settings.eval_max_tokens,
        temperature=settings.eval_temperature,
        seed=int(args.seed),
        batch_size=int(args.per_device_eval_batch_size),
    )
