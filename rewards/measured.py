"""How often each verifier is wrong, as it was measured: `measured.toml`, for dataset cards."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Rate = tuple[float, float, float]
"""Per cent: the rate, and the ends of its 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class MeasuredErrors:
    """What was measured of one version of a verifier.

    Attributes:
        cases: On what.
        false_negatives: Right answers that it finds wrong.
        false_positives: Wrong answers that it finds right; None where it was not measured.
        undecided: Answers on which it gives no score; None where it was not measured.
    """

    cases: str
    false_negatives: Rate | None = None
    false_positives: Rate | None = None
    undecided: Rate | None = None


def measured_errors(key: str) -> MeasuredErrors | None:
    """What was measured of the verifier of a key; None where nothing was, or its parameters are others."""
    return _all().get(key)


@cache
def _all() -> dict[str, MeasuredErrors]:
    table = tomllib.loads(files("genesys.rewards").joinpath("measured.toml").read_text("utf-8"))
    return {key: _errors(fields) for key, fields in table.items()}


def _errors(fields: Mapping[str, Any]) -> MeasuredErrors:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return MeasuredErrors(**values)
