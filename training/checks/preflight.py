"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genesys.training.checks.batches import check_batches
from genesys.training.checks.finding import Finding
from genesys.training.checks.flight import Flight, sample_rows
from genesys.training.checks.groups import check_groups
from genesys.training.checks.lengths import check_lengths
from genesys.training.checks.machine import check_machine
from genesys.training.checks.past import read_past
from genesys.training.checks.rewarding import check_rewards
from genesys.training.checks.template import check_template
from genesys.training.checks.tokens import check_tokens

Check = Callable[[Flight], Iterator[Finding]]

CHECKS: Mapping[str, Check] = {
    "batches": check_batches,
    "tokens": check_tokens,
    "template": check_template,
    "lengths": check_lengths,
    "rewards": check_rewards,
    "groups": check_groups,
    "machine": check_machine,
}
"""What is looked at, in the order of the findings."""


def preflight(
    config: Any,
    dataset: Any,
    tokenizer: Any,
    *,
    rewards: Any = (),
    model: Any = None,
    run: Path | str | None = None,
    rows: int = 256,
) -> list[Finding]:
    """Looks for what would make a training do something else than it is meant to.

    Args:
        config: An SFTConfig, DPOConfig or GRPOConfig of TRL.
        dataset: What the trainer gets: a `Dataset`, an `IterableDataset`, or a list of rows.
        tokenizer: The tokenizer with its chat template.
        rewards: The reward function or functions, for GRPO.
        model: The model or its name; what it is made of shows more traps.
        run: A run folder of the same model on these problems: its pass rates and lengths are looked at.
        rows: Most rows that are looked at, spread over the dataset.

    Returns:
        The findings, "stop" first; none where all is well. `stop_on(findings)` raises what must stop.

    Raises:
        MissingExtra: If the packages for training are not installed.
        ConfigurationError: If the configuration is of no kind that is known, or the run is none.
    """
    sample, total = sample_rows(dataset, rows)
    given: Sequence[Any] = rewards if isinstance(rewards, list | tuple) else [rewards]
    flight = Flight(
        config=config,
        rows=sample,
        total=total,
        tokenizer=tokenizer,
        rewards=given,
        model=model,
        past=None if run is None else read_past(run),
    )
    found = [finding for check in CHECKS.values() for finding in check(flight)]
    return sorted(found, key=lambda finding: finding.severity != "stop")
