"""Makes the tiny model's folder, or finds the one made before."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from genesys.errors import ConfigurationError, StorageError
from genesys.optional import require
from genesys.schema import digest_of
from genesys.training.tiny_model.recipe import (
    DEFAULT_SEED,
    RECIPE,
    RECORD,
    Progress,
    Recipe,
    TinyModelReport,
)

if TYPE_CHECKING:
    from genesys.training.tiny_model.train import Trained


def make_tiny_model(
    folder: str | Path,
    *,
    seed: int = DEFAULT_SEED,
    recipe: Recipe = RECIPE,
    progress: Progress | None = None,
) -> TinyModelReport:
    """Trains the base model and writes a folder of transformers, with tokenizer and generation settings.

    The same seed gives the same bytes on one kind of machine. The folder appears when it is complete.

    Args:
        folder: Where to; must not exist, or be empty.
        seed: Seed of weights and corpus.
        recipe: Sizes and steps.
        progress: Called after each step with its number, the number of steps and the loss.

    Raises:
        MissingExtra: If torch or transformers is not installed.
        ConfigurationError: If the folder holds something.
        StorageError: If it cannot be written.
    """
    for package in ("torch", "transformers"):
        require(package, extra="train", feature="making the tiny model")
    from genesys.training.tiny_model.train import train

    target, began = Path(folder), time.process_time()
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise ConfigurationError(f"{str(target)!r} exists already", "Name a new folder, or remove it first.")
    aside = _folder_aside(target)  # before the work, so that an unwritable place says so at once
    try:
        trained = train(recipe, seed, progress)
        _write(aside, target, trained, _record(recipe, seed, trained.loss))
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return TinyModelReport(
        folder=target,
        seed=seed,
        steps=recipe.steps,
        loss=trained.loss,
        parameters=sum(weights.numel() for weights in trained.model.parameters()),
        bytes=sum(file.stat().st_size for file in target.iterdir()),
        cpu_seconds=time.process_time() - began,
    )


def tiny_model_cached(
    cache_dir: str | Path | None = None,
    *,
    seed: int = DEFAULT_SEED,
    recipe: Recipe = RECIPE,
    progress: Progress | None = None,
) -> Path:
    """The folder of the tiny model, made first where the cache lacks it.

    Args:
        cache_dir: The cache; by default `genesys/models` in `$XDG_CACHE_HOME` or `~/.cache`.
        seed: Its seed.
        recipe: Its recipe; another one than the default has a folder of its own.
        progress: As for `make_tiny_model`; not called where the model is there.

    Raises:
        MissingExtra, ConfigurationError, StorageError: As `make_tiny_model`.
    """
    own = "" if recipe == RECIPE else "-" + digest_of(asdict(recipe), bits=32)
    folder = _cache(cache_dir) / f"tiny-v{recipe.version}{own}-seed{seed}"
    if not (folder / RECORD).is_file():
        try:
            make_tiny_model(folder, seed=seed, recipe=recipe, progress=progress)
        except StorageError:
            if not (folder / RECORD).is_file():  # or else another process was first
                raise
    return folder


def _cache(cache_dir: str | Path | None) -> Path:
    if cache_dir is not None:
        return Path(cache_dir)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "genesys" / "models"


def _record(recipe: Recipe, seed: int, loss: float) -> dict[str, object]:
    import torch
    import transformers

    return {
        "model": "genesys tiny base model: string-programs, level 0",
        "seed": seed,
        "loss": round(loss, 6),
        "recipe": asdict(recipe),
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }


def _folder_aside(target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from error


def _write(aside: Path, target: Path, trained: Trained, record: dict[str, object]) -> None:
    from genesys.rollouts.samplers.local_model import no_progress_bar

    try:
        with no_progress_bar():
            trained.model.save_pretrained(aside)
        trained.tokenizer.save_pretrained(aside)
        (aside / RECORD).write_text(json.dumps(record, indent=2) + "\n")
        for file in aside.iterdir():
            file.chmod(0o644)
        aside.chmod(0o755)  # mkdtemp's are private
        aside.rename(target)
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: OSError) -> StorageError:
    reason = error.strerror or str(error)
    return StorageError(f"the tiny model cannot be written to {str(target)!r}: {reason}")
