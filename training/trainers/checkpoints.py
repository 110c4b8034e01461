"""Checkpoints that a killed training can be continued from, to the same weights.

Two things of TRL and transformers stand against that, and are mended here through their public hooks:

- A checkpoint between two generations of GRPO would forget the completions that are still to be learned
  from. `BoundarySaves` puts a save off to the next boundary.
- The latest checkpoint by number may be torn where a process was killed while it wrote. `last_checkpoint`
  takes the latest that is whole.
"""

from __future__ import annotations

import json
import logging
import math
import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

logger = logging.getLogger(__name__)

_NAME = re.compile(r"checkpoint-(\d+)")
_STATE = "trainer_state.json"


def last_checkpoint(out: Path, beside: Sequence[str] = ()) -> Path | None:
    """The latest whole checkpoint of a folder, or None. Torn ones after it are removed.

    Args:
        out: The training's folder.
        beside: JSON files that callbacks write into each checkpoint when the trainer is done with it.
    """
    found = [
        (int(match[1]), path) for path in out.glob("checkpoint-*") if (match := _NAME.fullmatch(path.name))
    ]
    for step, path in sorted(found, reverse=True):
        if is_whole(path, step, beside):
            return path
        logger.warning("%s is torn, and removed: training was killed while it was written", path)
        shutil.rmtree(path, ignore_errors=True)
    return None


def is_whole(checkpoint: Path, step: int, beside: Sequence[str] = ()) -> bool:
    """Whether everything of a checkpoint is there. The trainer writes its state last, then callbacks theirs."""
    try:
        for name in beside:
            json.loads((checkpoint / name).read_text())
        state = json.loads((checkpoint / _STATE).read_text())
        weights = [*checkpoint.glob("*.safetensors"), *checkpoint.glob("pytorch_model*")]
        for archive in (*checkpoint.glob("*.pth"), *checkpoint.glob("*.pt")):
            if not zipfile.is_zipfile(archive):  # its directory stands at its end
                return False
        tensors = all(_has_all_tensors(path) for path in checkpoint.glob("*.safetensors"))
    except (OSError, ValueError):
        return False
    return state.get("global_step") == step and tensors and bool(weights)


def is_last(checkpoint: Path, args: Any) -> bool:
    """Whether a whole checkpoint is that of the last step: nothing is left but saving the model."""
    state = json.loads((checkpoint / _STATE).read_text())
    steps = args.max_steps if args.max_steps > 0 else state["max_steps"]
    return bool(state["global_step"] >= steps)


def _has_all_tensors(path: Path) -> bool:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt"):  # which compares the header with the file's size
            return True
    except SafetensorError:
        return False


class BoundarySaves(TrainerCallback):
    """Saves only where every generated completion has been learned from.

    Args:
        every: Optimiser steps between two boundaries, counted within an epoch.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._owed = False

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Puts a save off, or makes up for one that was put off."""
        wanted = control.should_save or self._owed
        at_boundary = _step_in_epoch(args, state, kwargs.get("train_dataloader")) % self._every == 0
        control.should_save = wanted and at_boundary
        self._owed = wanted and not at_boundary

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """An epoch holds whole generations, so that its end is a boundary unless training stops there."""
        if control.should_training_stop:
            control.should_save = control.should_save and state.global_step % self._every == 0


def _step_in_epoch(args: TrainingArguments, state: TrainerState, dataloader: Any) -> int:
    """Steps of the present epoch; an epoch's last step may accumulate fewer batches than others."""
    try:
        batches = len(dataloader)
    except TypeError:  # a stream knows no end, and one without a sampler has no epochs to speak of
        return state.global_step
    return state.global_step % math.ceil(batches / args.gradient_accumulation_steps)
