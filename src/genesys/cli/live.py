"""Live progress of a harvest or a scoring, drawn on stderr while the work goes on elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from genesys.cli.console import duration, percent, stderr

if TYPE_CHECKING:
    from genesys.rollouts.progress import Progress

_REFRESH_SECONDS = 0.25
_LINE_SECONDS = 20.0


@contextmanager
def watching(progress: Progress, noun: str) -> Iterator[None]:
    """Draws the counters until the block ends; without a terminal, prints a line now and then."""
    if stderr.is_terminal:
        with Live(get_renderable=lambda: _bar(progress, noun), console=stderr, refresh_per_second=4):
            yield
        return
    stop = threading.Event()
    printer = threading.Thread(target=_print_lines, args=(progress, noun, stop), daemon=True)
    printer.start()
    try:
        yield
    finally:
        stop.set()
        printer.join()


def _print_lines(progress: Progress, noun: str, stop: threading.Event) -> None:
    while not stop.wait(_LINE_SECONDS):
        stderr.print(" ".join(_fields(progress, noun)), highlight=False, soft_wrap=True)


def _bar(progress: Progress, noun: str) -> Table:
    done = progress.before + max(progress.completions, progress.verified if noun == "verdicts" else 0)
    grid = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=max(progress.planned, 1), completed=done, width=30)
    grid.add_row(bar, *_fields(progress, noun))
    return grid


def _fields(progress: Progress, noun: str) -> list[str]:
    """The counters as short texts."""
    if noun == "verdicts":
        done, rate = progress.verified, f"{progress.verified / progress.seconds:,.0f} rows/s"
    else:
        done, rate = progress.completions, f"{progress.tokens_per_second:,.0f} tokens/s"
    fields = [f"{progress.before + done:,}/{progress.planned:,} {noun}", rate]
    if progress.verified:
        scorable = progress.verified - progress.unscorable
        fields.append(f"pass {percent(progress.passed, scorable)}")
        fields.append(f"unscorable {percent(progress.unscorable, progress.verified)}")
    if progress.failed:
        fields.append(f"failed {progress.failed:,}")
    return [*fields, f"{duration(progress.seconds_left)} left"]
