"""One training from beginning to end: checks, resuming, the trainer, what it leaves behind."""

# mypy: untyped-calls-exclude="torch,transformers,trl"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, StorageError
from genesys.optional import require
from genesys.training.trainers import card, curve, picture, record
from genesys.training.trainers.progress import HELD_OUT, TrainingProgress
from genesys.training.trainers.report import TrainingReport
from genesys.training.trainers.settings import TrainSettings

logger = logging.getLogger(__name__)

MODEL = "model"
"""The folder of the trained model, in the training's folder."""

SMALL = 20_000_000
"""Parameters below which one CPU thread trains a model fastest."""

_OTHERS = {
    "run.json": "a run",
    "manifest.json": "a dataset",
    "config.json": "a model",
}
"""Files that say what a folder is, where it is no training's."""

_PROMPTS_COME_AGAIN = ("fewer_rows_than_a_batch", "rows_left_over")
"""Findings about prompts that TRL drops at the end of an epoch: in `in_order` there is no such end."""


def train(
    settings: TrainSettings, *, progress: TrainingProgress | None = None, force: bool = False
) -> TrainingReport:
    """Trains, or goes on where an earlier call stopped.

    Args:
        settings: What to train.
        progress: Counters to watch.
        force: Whether to go on where the checks before training would stop.

    Raises:
        MissingExtra: If TRL is not installed.
        ConfigurationError: If a setting makes no sense.
        PreflightFailed: If the checks find what would spoil the training.
        RunMismatch: If the folder holds another training.
        StorageError: If the folder cannot be written.
    """
    _prepare_process(settings.kind)
    from genesys.training.trainers.quiet import quiet_libraries

    with quiet_libraries():
        return _Session(settings, progress or TrainingProgress(), force=force).run()


def _prepare_process(kind: str) -> None:
    """Before torch is imported: threads that wait must not burn the cores that others compute on."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # TRL would report each training
    require("trl", extra="train", feature=f"genesys {kind}")


@dataclass
class _Session:
    settings: TrainSettings
    progress: TrainingProgress
    force: bool

    def run(self) -> TrainingReport:
        from genesys.training.curriculum import STATE_FILE
        from genesys.training.trainers.assembly import assemble, held_out_key, open_tokenizer
        from genesys.training.trainers.checkpoints import is_last, last_checkpoint
        from genesys.training.trainers.material import load_material
        from genesys.training.trainers.quiet import quiet_resuming
        from genesys.training.trainers.trl_arguments import trl_arguments

        settings, out = self.settings, self._folder()
        tokenizer = open_tokenizer(settings)
        args = trl_arguments(settings, resumed=False)  # a wrong word is found before anything is loaded
        material = load_material(settings, tokenizer, int(getattr(args, "max_completion_length", None) or 0))
        self._record = record.TrainingRecord(out)
        self._record.open(settings, material.identity)
        beside = [] if material.curriculum is None else [STATE_FILE]
        checkpoint = last_checkpoint(out, beside)
        args = trl_arguments(settings, resumed=checkpoint is not None)
        if checkpoint is not None and is_last(checkpoint, args):
            args.log_completions = False  # TRL would put an empty table in the place of the last step's
        if material.weights is not None:
            args.reward_weights = material.weights
        if self._is_finished(args):
            return self._report(args, resumed_from=None, seconds=0.0, finished_before=True)
        self.progress.stage = "checking"
        warnings = (*material.warnings, *self._preflight(args, material, tokenizer))
        material = self._ordered(material, args)
        trainer = assemble(settings, args, material, tokenizer, self.progress)
        if trainer.is_world_process_zero():
            self._record.write(finished=None)
        began = time.monotonic()
        with quiet_resuming(trainer.model), _threads_for(trainer):
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
            self._evaluate_last(trainer, held_out_key(material))
            self.progress.stage = "saving"
            self._save(trainer)
        resumed_from = None if checkpoint is None else int(checkpoint.name.rpartition("-")[2])
        seconds = time.monotonic() - began
        return self._report(args, resumed_from=resumed_from, seconds=seconds, warnings=warnings)

    def _folder(self) -> Path:
        out = self.settings.out
        for name, what in _OTHERS.items():
            if (out / name).is_file() and not (out / record.FILE).is_file():
                raise ConfigurationError(
                    f"{out} holds {what}, and a training would write among its files", "Give another --out."
                )
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StorageError(f"{out} cannot be written: {reason}", "Give another --out.") from None
        return out

    def _is_finished(self, args: Any) -> bool:
        """Whether an earlier call did all that is asked for."""
        finished = self._record.values["finished"]
        if finished is None or not (self.settings.out / MODEL).is_dir():
            return False
        asked = {"max_steps": args.max_steps, "num_train_epochs": args.num_train_epochs}
        return bool(finished == asked)

    def _preflight(self, args: Any, material: Any, tokenizer: Any) -> tuple[str, ...]:
        """What the checks found and may go on."""
        from genesys.training.checks.finding import stop_on
        from genesys.training.checks.preflight import preflight

        found = preflight(
            args,
            material.dataset,
            tokenizer,
            rewards=list(material.rewards),
            model=self.settings.model,
            run=self.settings.pass_rates,
        )
        if not self.force:
            stop_on(finding for finding in found if finding.name not in _PROMPTS_COME_AGAIN)
        told = [finding for finding in found if finding.name not in _PROMPTS_COME_AGAIN]
        return tuple(f"{finding.name}: {finding.text}. {finding.remedy}" for finding in told)

    def _ordered(self, material: Any, args: Any) -> Any:
        """GRPO's prompts in an order that outlives a restart."""
        from dataclasses import replace

        from genesys.training.trainers.prompt_order import in_order

        self._asked = {"max_steps": args.max_steps, "num_train_epochs": args.num_train_epochs}
        if self.settings.kind != "grpo":
            return material
        if material.curriculum is not None:
            return replace(material, dataset=material.curriculum.dataset(material.dataset, args))
        return replace(material, dataset=in_order(material.dataset, args, seed=int(args.seed)))

    def _evaluate_last(self, trainer: Any, key: str) -> None:
        """GRPO's evaluation after the last step, unless it fell on it; the others made theirs."""
        if self.settings.kind != "grpo" or self.settings.eval_problems is None:
            return
        last = trainer.state.global_step
        if any(logs.get("step") == last and key in logs for logs in trainer.state.log_history):
            return
        self.progress.stage = "evaluating"
        trainer.evaluate()

    def _save(self, trainer: Any) -> None:
        """The model with tokenizer and card; it appears when it is complete."""
        folder = self.settings.out / MODEL
        aside = folder.with_name(f".{MODEL}")
        if trainer.is_world_process_zero():
            shutil.rmtree(aside, ignore_errors=True)
        trainer.save_model(str(aside))
        if not trainer.is_world_process_zero():
            return
        points = curve.read_curve(self.settings.out / curve.FILE)
        held_out = curve.series(points, HELD_OUT)
        scores = {"before": held_out[0][1], "after": held_out[-1][1]} if held_out else {}
        self._record.write(steps=trainer.state.global_step, held_out=scores, finished=self._asked)
        (aside / "README.md").write_text(card.card_of(self._record.values))
        (aside / "training_args.bin").unlink(missing_ok=True)  # a pickle, with paths of this machine
        for name in (curve.FILE, record.FILE):
            shutil.copy(self.settings.out / name, aside / name)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
        self._draw(points)

    def _draw(self, points: Sequence[curve.Point]) -> None:
        metric = "reward" if self.settings.kind == "grpo" else "loss"
        title = f"genesys {self.settings.kind}: {Path(self.settings.model).name}"
        picture.draw(
            self.settings.out / picture.FILE, {self.settings.kind: points}, title=title, metric=metric
        )

    def _report(
        self,
        args: Any,
        *,
        resumed_from: int | None,
        seconds: float,
        finished_before: bool = False,
        warnings: tuple[str, ...] = (),
    ) -> TrainingReport:
        out = self.settings.out
        points = curve.read_curve(out / curve.FILE)
        rewards, held_out = curve.series(points, "reward"), curve.series(points, HELD_OUT)
        return TrainingReport(
            kind=self.settings.kind,
            out=out,
            model=out / MODEL,
            steps=int(self._record.values["steps"]),
            resumed_from=resumed_from,
            finished_before=finished_before,
            held_out_before=held_out[0][1] if held_out else None,
            held_out_after=held_out[-1][1] if held_out else None,
            reward_first=rewards[0][1] if rewards else None,
            reward_last=rewards[-1][1] if rewards else None,
            seconds=seconds,
            curve=out / curve.FILE,
            picture=out / picture.FILE,
            warnings=warnings,
        )


@contextmanager
def _threads_for(trainer: Any) -> Iterator[None]:
    """One thread for a small model on a CPU: the fastest, and the only one that repeats itself."""
    import torch

    before = torch.get_num_threads()
    parameters = sum(weights.numel() for weights in trainer.model.parameters())
    if trainer.args.device.type == "cpu" and parameters < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
