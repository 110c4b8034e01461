"""The order of GRPO's prompts, the same after resuming as without interruption.

TRL's sampler draws a permutation an epoch from one generator, which a resumed training begins anew: its
second epoch would see the first one's order. Here the training is one long epoch whose permutations are
drawn beforehand, and TRL shuffles nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset


def in_order(dataset: Dataset, args: Any, *, seed: int) -> Dataset:
    """As many prompts as the training will ask for, shuffled anew for each epoch.

    Args:
        dataset: The prompts.
        args: TRL's configuration. Its `num_train_epochs` becomes 1 and its `shuffle_dataset` false: the
            order is the dataset's from here on.
        seed: Decides the order.
    """
    needed = prompts_needed(len(dataset), args)
    indices = list(_indices(len(dataset), needed, seed, shuffle=bool(args.shuffle_dataset)))
    args.shuffle_dataset, args.num_train_epochs = False, 1
    return dataset.select(indices)


def prompts_needed(rows: int, args: Any) -> int:
    """Prompts that a training asks for: by `max_steps`, or by `num_train_epochs` over the rows."""
    per_generation = int(args.generation_batch_size) // int(args.num_generations)
    if args.max_steps > 0:
        micro_steps = int(args.max_steps) * int(args.gradient_accumulation_steps)
        generated_for = int(args.steps_per_generation) * int(args.num_iterations)
        return math.ceil(micro_steps / generated_for) * per_generation
    return math.ceil(rows * float(args.num_train_epochs) / per_generation) * per_generation


def _indices(rows: int, needed: int, seed: int, *, shuffle: bool) -> Iterator[int]:
    for epoch in range(math.ceil(needed / rows)):
        order = list(range(rows))
        if shuffle:
            Random(f"{seed}/{epoch}").shuffle(order)
        yield from order[: needed - epoch * rows]
