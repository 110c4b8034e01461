"""Checks of the settings that rules share."""

from __future__ import annotations

from collections.abc import Mapping

from genesys.errors import ConfigurationError


def check_number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    at_least: float = 0.0,
    at_most: float | None = None,
) -> None:
    """Refuses what is no number within its bounds.

    Raises:
        ConfigurationError: With the name, the value and the bounds.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    low = number and (value > above if above is not None else value >= at_least)  # type: ignore[operator]  # a number
    if not low or (at_most is not None and value > at_most):  # type: ignore[operator]  # a number, as above
        first = f"({above:g}" if above is not None else f"[{at_least:g}"
        last = f"{at_most:g}]" if at_most is not None else "∞)"
        raise ConfigurationError(f"{name} must be a number in {first}, {last}, not {value!r}")


def check_count(name: str, value: object) -> None:
    """Refuses what is no whole number from 1.

    Raises:
        ConfigurationError: With the name and the value.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{name} must be a whole number from 1, not {value!r}")


def check_apart(rejected_below: float, thresholds: Mapping[str, float]) -> None:
    """Refuses a bound under which a score could both pass and be rejected.

    Raises:
        ConfigurationError: With the first such task type.
    """
    for task_type, least in thresholds.items():
        if least < rejected_below:
            raise ConfigurationError(
                f"{task_type} passes from {least}, but rejected_below is {rejected_below}",
                "A pair needs a chosen and a rejected one that differ: lower rejected_below.",
            )
