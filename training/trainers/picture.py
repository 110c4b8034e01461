"""The curve of one or more trainings as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from genesys.optional import require
from genesys.training.trainers.curve import Point, series
from genesys.training.trainers.progress import HELD_OUT

FILE = "curve.svg"

_INCHES = (7.2, 4.0)


def draw(path: Path, curves: Mapping[str, Sequence[Point]], *, title: str, metric: str = "reward") -> bool:
    """Draws the metric as lines over the steps, and held-out scores as points.

    Args:
        path: Where to; the ending (.svg, .png, .pdf) decides the format.
        curves: A name for each curve, and its points.
        title: Stands above.
        metric: What the lines are: "reward", "loss".

    Returns:
        Whether there was anything to draw; else nothing is written.

    Raises:
        MissingExtra: If matplotlib is not installed.
    """
    if not any(series(points, name) for points in curves.values() for name in (metric, HELD_OUT)):
        return False
    require("matplotlib", extra="train", feature="drawing curves")
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, layout="constrained")  # without pyplot: no display, no global state
    axes = figure.subplots()
    for place, (name, points) in enumerate(curves.items()):
        color = f"C{place}"
        line, measured = series(points, metric), series(points, HELD_OUT)
        if line:
            axes.plot(*zip(*line, strict=True), color=color, label=f"{name}: {metric}")
        if measured:
            steps, values = zip(*measured, strict=True)
            label = f"{name}: held-out"
            axes.plot(steps, values, color=color, marker="o", linestyle=":", label=label)
    axes.set(xlabel="step", ylabel=metric if metric == "loss" else "score", title=title)
    if metric != "loss":
        axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize="small")
    figure.savefig(path)
    return True
