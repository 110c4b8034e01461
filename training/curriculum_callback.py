"""How a curriculum follows a training: public hooks of transformers' Trainer, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

if TYPE_CHECKING:
    from genesys.training.curriculum import Curriculum


class CurriculumCallback(TrainerCallback):
    """Settles what all processes observed after each step, and keeps the state beside checkpoints.

    Args:
        curriculum: Whose state it is.
    """

    def __init__(self, curriculum: Curriculum) -> None:
        self._curriculum = curriculum

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Takes up the state of the checkpoint that is resumed from."""
        self._curriculum.begin()
        if state.global_step:
            self._curriculum.restore(_checkpoint(args, state))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Brings the processes' observations together, so that all draw the same problems."""
        from accelerate.utils import gather_object

        self._curriculum.settle(gather_object([self._curriculum.take_pending()]))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Writes the state into the checkpoint."""
        if state.is_world_process_zero:
            self._curriculum.save(_checkpoint(args, state))


def _checkpoint(args: Any, state: Any) -> Path:
    return Path(args.output_dir) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
