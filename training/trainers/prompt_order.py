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

from genesys.training.prompt_count import prompts_needed

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


def _indices(rows: int, needed: int, seed: int, *, shuffle: bool) -> Iterator[int]:
    for epoch in range(math.ceil(needed / rows)):
        order = list(range(rows))
        if shuffle:
            Random(f"{seed}/{epoch}").shuffle(order)
        yield from order[: needed - epoch * rows]
