"""What follows a training: progress, curve, and samples to read."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from genesys.training.trainers.curve import FILE, append_point, point_of, write_curve
from genesys.training.trainers.progress import TrainingProgress

logger = logging.getLogger(__name__)

SAMPLES = "samples.jsonl"
SHOWN = 2


class Following(TrainerCallback):
    """Writes the curve and keeps the progress up to date, on the main process.

    Args:
        out: The training's folder.
        progress: Kept up to date.
        held_out_key: The trainer's word for the held-out score.
    """

    def __init__(self, out: Path, progress: TrainingProgress, held_out_key: str) -> None:
        self._curve, self._progress, self._key = out / FILE, progress, held_out_key

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Begins the curve anew, with what the checkpoint remembers of it."""
        progress = self._progress
        progress.stage, progress.steps = "training", state.max_steps
        progress.step = progress.first_step = state.global_step
        progress.began = time.monotonic()
        if state.is_world_process_zero:
            points = [point_of(logs, int(logs["step"]), self._key) for logs in state.log_history]
            write_curve(self._curve, points)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """An evaluation, if there was one, is over."""
        self._progress.stage = "training"

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Counts the step."""
        self._progress.step = state.global_step
        if control.should_evaluate:
            self._progress.stage = "evaluating"

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Adds a line to the curve."""
        if not logs or "train_runtime" in logs:  # the summary of a call is no point of a curve
            return
        point = point_of(logs, state.global_step, self._key)
        self._progress.take(point)
        if state.is_world_process_zero:
            append_point(self._curve, point)


class Samples(TrainerCallback):
    """Puts a few completions of the latest generation into the log: what the numbers look like as text.

    TRL writes the completions of a logged step to `completions/*.parquet`; from there the best and the
    worst one are taken to `samples.jsonl` and to the log.

    Args:
        out: The training's folder.
    """

    def __init__(self, out: Path) -> None:
        self._out, self._seen = out, ""

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Looks for the table of the step before."""
        if state.is_world_process_zero:
            self._take()

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Looks for the last table."""
        if state.is_world_process_zero:
            self._take()

    def _take(self) -> None:
        tables = sorted((self._out / "completions").glob("completions_*.parquet"))
        if not tables or tables[-1].name == self._seen:
            return
        self._seen = tables[-1].name
        rows = pq.read_table(tables[-1]).to_pylist()
        ranked = sorted(rows, key=lambda row: row.get("advantage") or 0.0)
        for row in (ranked[-1], ranked[0]) if len(ranked) >= SHOWN else ranked:
            self._keep({**row, "prompt": _text(row["prompt"]), "completion": _text(row["completion"])})

    def _keep(self, sample: dict[str, Any]) -> None:
        with (self._out / SAMPLES).open("a") as file:
            file.write(json.dumps(sample, ensure_ascii=False, default=str) + "\n")
        logger.info("step %s, advantage %s: %s", sample["step"], sample["advantage"], sample["completion"])


def _text(turns: Any) -> str:
    return turns if isinstance(turns, str) else "\n\n".join(str(turn["content"]) for turn in turns)
