"""The curve of a training: one JSON object a logged step, in TRL's own words.

    {"step": 1, "reward": 0.391, "loss": 0.0, "completions/mean_length": 12.4, ...}
    {"step": 0, "held_out": 0.375}

`held_out` is the held-out score, in all kinds of training.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from genesys.training.trainers.progress import HELD_OUT

FILE = "curve.jsonl"

Point = dict[str, Any]
"""One line of a curve."""


def point_of(logs: Mapping[str, Any], step: int, held_out_key: str) -> Point:
    """A line of the curve from what a trainer logged."""
    point: Point = {"step": step}
    for name, value in logs.items():
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        if name != "step" and isinstance(value, bool | int | float | str | None):
            point[name] = value
    if logs.get(held_out_key) is not None:
        point[HELD_OUT] = logs[held_out_key]
    return point


def write_curve(path: Path, points: Sequence[Point]) -> None:
    """Writes the whole curve; a reader sees the old one or the new one."""
    aside = path.with_name(f".{path.name}")
    aside.write_text("".join(json.dumps(point, ensure_ascii=False) + "\n" for point in points))
    os.replace(aside, path)  # noqa: PTH105  # Path.replace says less of what it does


def append_point(path: Path, point: Point) -> None:
    """Adds one line."""
    with path.open("a") as file:
        file.write(json.dumps(point, ensure_ascii=False) + "\n")


def read_curve(path: Path) -> list[Point]:
    """The lines of a curve; a last line that is torn is left out."""
    points: list[Point] = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            points.append(json.loads(line))
        except ValueError:
            continue
    return points


def series(points: Sequence[Point], name: str) -> list[tuple[int, float]]:
    """(step, value) of every line that has a number under the name; the last one of a step counts."""
    found = {point["step"]: float(point[name]) for point in points if _is_number(point.get(name))}
    return sorted(found.items())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
