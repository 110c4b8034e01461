"""Batch arithmetic: groups that must be whole, rows that never come up, checkpoints between generations."""

from __future__ import annotations

from collections.abc import Iterator

from genesys.training.checks.finding import Finding, stop, warn
from genesys.training.checks.flight import Flight


def check_batches(flight: Flight) -> Iterator[Finding]:
    """Looks at the sizes of batches, generation batches and groups."""
    if flight.total == 0:
        yield stop("no_rows", "the dataset has no rows", "Name another one.")
        return
    if flight.kind != "grpo":
        return
    if flight.total is None and (flight.setting("max_steps") or 0) <= 0:
        yield stop("no_max_steps", "a stream has no length, and max_steps is not set", "Set max_steps.")
    if flight.setting("remove_unused_columns"):
        yield stop(
            "columns_are_removed",
            "remove_unused_columns=True takes the columns away that the rewards read",
            "Set remove_unused_columns=False, TRL's default.",
        )
    size, group = flight.setting("generation_batch_size"), flight.setting("num_generations")
    if not size or not group:
        return  # AsyncGRPO generates group by group
    yield from _whole_groups(flight, size, group)
    yield from _checkpoints(flight)


def _whole_groups(flight: Flight, size: int, group: int) -> Iterator[Finding]:
    if group < 2:
        yield stop(
            "group_of_one",
            f"num_generations={group}: an advantage is a comparison within a group",
            "Set num_generations to 2 or more; 8 is usual.",
        )
    elif size % group:
        yield stop(
            "groups_are_not_whole",
            f"generation_batch_size={size} is not divisible by num_generations={group}",
            f"Set per_device_train_batch_size x processes x steps_per_generation to a multiple of {group}.",
        )
    elif flight.total is not None and flight.total < size // group:
        yield stop(
            "fewer_rows_than_a_batch",
            f"one generation takes {size // group} prompts ({size} completions in groups of {group}), and the "
            f"dataset has {flight.total}: TRL drops incomplete batches, so that nothing would be trained",
            f"Set generation_batch_size to {flight.total * group} or less, or take more problems.",
        )
    elif flight.total is not None and flight.total % (size // group) > 0.2 * flight.total:
        yield warn(
            "rows_left_over",
            f"{flight.total % (size // group)} of {flight.total} rows do not fill a generation of "
            f"{size // group} prompts and are dropped in every epoch",
            "Take a number of problems that is a multiple of it.",
        )


def _checkpoints(flight: Flight) -> Iterator[Finding]:
    """A resumed training generates anew where the saved one still had completions to learn from."""
    micro_steps = (flight.setting("steps_per_generation") or 1) * (flight.setting("num_iterations") or 1)
    accumulation = flight.setting("gradient_accumulation_steps") or 1
    if micro_steps % accumulation:
        yield warn(
            "generations_cross_steps",
            f"a generation lasts {micro_steps} batches, and an optimiser step takes {accumulation}: one step mixes "
            "two generations",
            "Make steps_per_generation x num_iterations a multiple of gradient_accumulation_steps.",
        )
        return
    steps, every = micro_steps // accumulation, flight.setting("save_steps")
    strategy = str(getattr(flight.setting("save_strategy"), "value", flight.setting("save_strategy")))
    if strategy == "steps" and isinstance(every, int | float) and every >= 1 and every % steps:
        yield warn(
            "checkpoint_within_generation",
            f"save_steps={every:g} falls between generations of {steps} steps: a resumed training would not end with "
            "the weights of an uninterrupted one",
            f"Set save_steps={-(-int(every) // steps) * steps}.",
        )
