"""What a training came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What a training came to.

    Attributes:
        kind: sft, dpo or grpo.
        out: Its folder.
        model: The folder of the trained model, with tokenizer and card.
        steps: Optimiser steps done in all.
        resumed_from: The step of the checkpoint it continued from, or None.
        finished_before: Whether an earlier call had done everything.
        held_out_before: Held-out score before training, or None.
        held_out_after: Held-out score after training, or None.
        reward_first: Mean reward of the first logged step, or None.
        reward_last: Mean reward of the last logged step, or None.
        seconds: Wall seconds of this call's training.
        curve: The curve as JSON lines.
        picture: The curve as a picture.
        warnings: What was found before training, and did not stop it.
    """

    kind: str
    out: Path
    model: Path
    steps: int
    resumed_from: int | None
    finished_before: bool
    held_out_before: float | None
    held_out_after: float | None
    reward_first: float | None
    reward_last: float | None
    seconds: float
    curve: Path
    picture: Path
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The report as JSON types."""
        values = asdict(self) | {"warnings": list(self.warnings), "seconds": round(self.seconds, 3)}
        return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
