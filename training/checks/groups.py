"""Groups without spread teach nothing: all right or all wrong, every advantage is 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from genesys.errors import GenesysError
from genesys.training.checks.finding import Finding, stop, warn
from genesys.training.checks.flight import Flight
from genesys.training.prompt_data import problem_of


def check_groups(flight: Flight) -> Iterator[Finding]:
    """Looks at an offline run's pass rates of the problems that are to be trained on."""
    if flight.kind != "grpo" or flight.past is None:
        return
    known = [flight.past.pass_rates.get(name) for row in flight.rows if (name := _name(row)) is not None]
    rates = [rate for rate in known if rate is not None]
    if not rates:
        yield warn(
            "unknown_pass_rates",
            f"the offline run knows none of {flight.sampled}",
            "Name a run that was collected on these problems.",
        )
        return
    size = flight.setting("num_generations") or 8
    flat = sum(rate**size + (1 - rate) ** size for rate in rates) / len(rates)
    if flat <= 0.5:
        return
    easy, hard = sum(rate == 1 for rate in rates), sum(rate == 0 for rate in rates)
    yield (stop if flat > 0.99 else warn)(
        "groups_without_spread",
        f"{flat:.0%} of the groups of {size} are expected to be all right or all wrong, and teach nothing: of "
        f"{len(rates)} problems the offline run solved {easy} always and {hard} never",
        "Choose by pass rate (--min-pass-rate 0.1 --max-pass-rate 0.9), raise num_generations, or take other problems.",
    )


def _name(row: Mapping[str, Any]) -> str | None:
    try:
        return problem_of(row["problem"]).problem_id
    except (KeyError, ValueError, TypeError, GenesysError):
        return None
