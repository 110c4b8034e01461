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
    grid = Table.grid(padding=(0, 2))
    bar = ProgressBar(
        total=progress.planned or None,
        completed=progress.before + _done(progress, noun),
        width=30,
        pulse=not progress.planned,
    )
    grid.add_row(bar, *_fields(progress, noun))
    return grid


def _done(progress: Progress, noun: str) -> int:
    return progress.verified if noun == "verdicts" else progress.completions


def _fields(progress: Progress, noun: str) -> list[str]:
    """The counters as short texts."""
    done = _done(progress, noun)
    of = f"/{progress.planned:,}" if progress.planned else ""
    fields = [f"{progress.before + done:,}{of} {noun}"]
    if noun == "verdicts":
        fields.append(f"{done / progress.seconds:,.0f} rows/s")
    else:
        fields.append(f"{progress.tokens_per_second:,.0f} tokens/s")
    if progress.verified:
        fields.append(f"pass {percent(progress.passed, progress.verified - progress.unscorable)}")
        fields.append(f"unscorable {percent(progress.unscorable, progress.verified)}")
    if progress.samplers is not None:
        fields.append(f"samplers {progress.samplers.alive}/{progress.samplers.wanted}")
    if progress.failed:
        fields.append(f"failed {progress.failed:,}")
    left = progress.seconds_left(done)
    return fields if left is None else [*fields, f"{duration(left)} left"]
