"""What a training has done so far, for whoever watches."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class TrainingProgress:
    """Counters of one training, written by the thread that trains and read by any.

    Attributes:
        stage: What is being done: "loading", "checking", "training", "evaluating", "saving".
        step: Optimiser steps done.
        steps: Optimiser steps in all; 0 until known.
        first_step: Step at which this call began.
        loss: Of the last logged step.
        reward: Mean reward of the last logged step, where there is one.
        held_out: The latest held-out score.
        began: When the first step of this call began (`time.monotonic`), or None.
    """

    stage: str = "loading"
    step: int = 0
    steps: int = 0
    first_step: int = 0
    loss: float | None = None
    reward: float | None = None
    held_out: float | None = None
    began: float | None = field(default=None, repr=False)

    def take(self, logs: Mapping[str, Any]) -> None:
        """Takes in what a trainer logged."""
        for name, key in (("loss", "loss"), ("reward", "reward"), ("held_out", HELD_OUT)):
            value = logs.get(key)
            if isinstance(value, int | float):
                setattr(self, name, float(value))

    def seconds_left(self) -> float | None:
        """Seconds until the last step, by the pace of this call; None before its second step."""
        done = self.step - self.first_step
        if self.began is None or done < 1 or not self.steps:
            return None
        return (time.monotonic() - self.began) / done * (self.steps - self.step)


HELD_OUT = "held_out"
"""The name under which a held-out score stands in curves and progress."""
