"""A training on the screen: live progress, the curve in characters, and what came of it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from genesys.cli.console import duration, stderr, stdout, table

if TYPE_CHECKING:
    from genesys.training.trainers import TrainingProgress, TrainingReport

_LINE_SECONDS = 20.0
_COLOURS = ("green", "blue", "yellow", "magenta")
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Braille dots of a character: two columns of four."""


@contextmanager
def watching_training(progress: TrainingProgress) -> Iterator[None]:
    """Draws the progress until the block ends; without a terminal, prints a line now and then."""
    if stderr.is_terminal:
        with Live(get_renderable=lambda: _bar(progress), console=stderr, refresh_per_second=4):
            yield
        return
    stop = threading.Event()

    def print_lines() -> None:
        while not stop.wait(_LINE_SECONDS):
            stderr.print(" ".join(_fields(progress)), highlight=False, soft_wrap=True)

    printer = threading.Thread(target=print_lines, daemon=True)
    printer.start()
    try:
        yield
    finally:
        stop.set()
        printer.join()


def _bar(progress: TrainingProgress) -> Table:
    grid = Table.grid(padding=(0, 2))
    bar = ProgressBar(
        total=progress.steps or None, completed=progress.step, width=30, pulse=not progress.steps
    )
    grid.add_row(bar, *_fields(progress))
    return grid


def _fields(progress: TrainingProgress) -> list[str]:
    fields = [progress.stage]
    if progress.steps:
        fields.append(f"step {progress.step:,}/{progress.steps:,}")
    if progress.loss is not None:
        fields.append(f"loss {progress.loss:.3f}")
    if progress.reward is not None:
        fields.append(f"reward {progress.reward:.3f}")
    if progress.held_out is not None:
        fields.append(f"held-out {progress.held_out:.3f}")
    left = progress.seconds_left()
    return fields if left is None else [*fields, f"{duration(left)} left"]


def show_report(report: TrainingReport) -> None:
    """Says what a training did, draws its curve, and names its files."""
    from genesys.training.trainers.curve import read_curve, series

    for warning in report.warnings:
        stderr.print(f"[yellow]warning:[/] {warning}", highlight=False, soft_wrap=True)
    if report.finished_before:
        stderr.print(f"{report.out} is finished already: nothing was left to do", highlight=False)
    points = read_curve(report.curve)
    metric = "reward" if report.kind == "grpo" else "loss"
    if lines := series(points, metric):
        stdout.print(terminal_curve({metric: lines}))
    stdout.print(table("", ("", ""), _rows(report)))
    for path in (report.model, report.curve, report.picture):
        if path.exists():
            stdout.print(str(path), highlight=False, soft_wrap=True, markup=False)


def _rows(report: TrainingReport) -> list[tuple[str, str]]:
    rows = [("steps", f"{report.steps:,}"), ("time", duration(report.seconds))]
    if report.resumed_from is not None:
        rows.append(("continued from step", f"{report.resumed_from:,}"))
    if report.reward_last is not None:
        rows.append(("reward", f"{report.reward_first:.3f} -> {report.reward_last:.3f}"))
    if report.held_out_after is not None:
        rows.append(("held-out score", f"{report.held_out_before:.3f} -> {report.held_out_after:.3f}"))
    return rows


def terminal_curve(
    curves: Mapping[str, Sequence[tuple[float, float]]], *, width: int = 60, height: int = 10
) -> Text:
    """Curves of (step, value) in Braille characters, with the range of both axes.

    Args:
        curves: A name for each.
        width: Characters of the drawing.
        height: Lines of the drawing.
    """
    points = [point for line in curves.values() for point in line if all(map(math.isfinite, point))]
    (left, right), (bottom, top) = (_range([point[axis] for point in points]) for axis in (0, 1))
    cells = [[(0x2800, "")] * width for _ in range(height)]
    for place, line in enumerate(curves.values()):
        for x, y in _dense(line, left, right, 2 * width):
            column = round((x - left) / (right - left) * (2 * width - 1))
            row = round((top - y) / (top - bottom) * (4 * height - 1))
            dots, _ = cells[row // 4][column // 2]
            dots |= _DOTS[column % 2][row % 4]
            cells[row // 4][column // 2] = (dots, _COLOURS[place % len(_COLOURS)])
    drawn = Text()
    for number, row_cells in enumerate(cells):
        label = f"{top:8.3g} " if number == 0 else f"{bottom:8.3g} " if number == height - 1 else " " * 9
        drawn.append(label, style="dim")
        for dots, style in row_cells:
            drawn.append(chr(dots), style=style)
        drawn.append("\n")
    drawn.append(f"{'':9}step {left:g}{'':{max(1, width - 14)}}{right:g}\n", style="dim")
    for place, name in enumerate(curves):
        drawn.append(f"{'':9}━ {name}\n", style=_COLOURS[place % len(_COLOURS)])
    return drawn


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _dense(
    line: Sequence[tuple[float, float]], left: float, right: float, count: int
) -> Iterator[tuple[float, float]]:
    """The line's points and, between them, as many as there are columns."""
    finite = [point for point in line if all(map(math.isfinite, point))]
    yield from finite
    for (x0, y0), (x1, y1) in pairwise(finite):
        between = max(1, round((x1 - x0) / (right - left) * count))
        for part in range(1, between):
            share = part / between
            yield x0 + share * (x1 - x0), y0 + share * (y1 - y0)
