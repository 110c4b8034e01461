"""How many prompts a training of TRL's asks for."""

from __future__ import annotations

import math
from typing import Any


def prompts_needed(rows: int, args: Any) -> int:
    """Prompts that a training asks for: by `max_steps`, or by `num_train_epochs` over the rows."""
    per_generation = int(args.generation_batch_size) // int(args.num_generations)
    if args.max_steps > 0:
        micro_steps = int(args.max_steps) * int(args.gradient_accumulation_steps)
        generated_for = int(args.steps_per_generation) * int(args.num_iterations)
        return math.ceil(micro_steps / generated_for) * per_generation
    return math.ceil(rows * float(args.num_train_epochs) / per_generation) * per_generation
