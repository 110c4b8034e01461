"""A harvest in Weights & Biases: one run of theirs for one run folder, whatever calls it took.

    with logging_to_wandb("harvests", progress, Path("runs/r1"), {"model": "deepseek-ai/DeepSeek-R1"}):
        ...

`WANDB_MODE=offline` writes to a folder beside and needs no account; `wandb sync` sends it later.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from genesys.optional import require
from genesys.rollouts.progress import Progress
from genesys.schema import digest_of

EVERY = 15.0
"""Seconds between two entries."""

_log = logging.getLogger(__name__)


@contextmanager
def logging_to_wandb(
    project: str, progress: Progress, out: Path, config: Mapping[str, Any], *, every: float = EVERY
) -> Iterator[None]:
    """Logs counters until the block ends. What goes wrong with the logging stops no harvest.

    Args:
        project: The project's name.
        progress: What is logged.
        out: The run folder; calls that continue it continue the run of the same id.
        config: Settings to keep with the run.
        every: Seconds between two entries.

    Raises:
        MissingExtra: If wandb is not installed.
    """
    wandb = require("wandb", extra="wandb", feature="--wandb")
    place = out.resolve()
    run = wandb.init(
        project=project,
        name=place.name,
        id=f"{place.name[:40]}-{digest_of(str(place), bits=48)}",
        resume="allow",
        config=dict(config),
        settings=wandb.Settings(silent=True),
    )
    stop = threading.Event()
    ticker = threading.Thread(target=_tick, args=(wandb, run, progress, stop, every), daemon=True)
    ticker.start()
    try:
        yield
    finally:
        stop.set()
        ticker.join()
        run.summary.update(metrics(progress))
        run.finish()


def metrics(progress: Progress) -> dict[str, float]:
    """What is logged of a harvest, by name; what is not known yet is left out.

    Returns:
        `harvest/…` counters and rates, `pass_rate/SOURCE`, `causes/CAUSE` and `errors/…`.
    """
    done, seconds = progress.completions, progress.seconds
    found: dict[str, float | None] = {
        "harvest/completions": progress.before + done,
        "harvest/tokens": progress.tokens,
        "harvest/tokens_per_second": progress.tokens_per_second,
        "harvest/completions_per_hour": 3600 * done / seconds,
        "harvest/right_per_hour": 3600 * progress.passed / seconds,
        "harvest/pass_rate": progress.pass_rate,
        "harvest/truncated_share": progress.truncated / done if done else None,
        "harvest/repetition_share": progress.repeated / done if done else None,
        "harvest/unscorable_share": progress.unscorable / progress.verified if progress.verified else None,
        "harvest/mean_length": progress.tokens / done if done else None,
        "harvest/cost": progress.cost,
        "errors/failed_samples": progress.failed,
        "errors/bad_golds": progress.bad_golds,
    }
    for source, counts in list(progress.sources.items()):
        scorable = counts.verified - counts.unscorable
        found[f"pass_rate/{source}"] = counts.passed / scorable if scorable else None
    found |= {f"causes/{cause}": count for cause, count in list(progress.causes.items())}
    return {name: float(value) for name, value in found.items() if value is not None}


def _tick(wandb: Any, run: Any, progress: Progress, stop: threading.Event, every: float) -> None:
    ended = False
    while not ended:
        ended = stop.wait(every)
        lengths = list(progress.lengths)
        histogram = {"harvest/lengths": wandb.Histogram(lengths)} if lengths else {}
        try:
            run.log(metrics(progress) | histogram)
        except Exception as error:  # noqa: BLE001  # a harvest outlives whatever its watcher raises
            _log.warning("wandb takes no more entries: %s", error)
            return
