"""What `genesys collect` says when it ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from genesys.cli.console import duration, percent, print_json, stderr, table
from genesys.cli.judge_report import judge_json, print_judge

if TYPE_CHECKING:
    from genesys.rollouts.progress import Progress


def report(progress: Progress, out: Path, *, json: bool) -> None:
    """Says what a harvest did."""
    if json:
        print_json(_as_json(progress, out))
        return
    scorable = progress.verified - progress.unscorable
    rows: list[tuple[str, object]] = [
        ("completions", progress.completions),
        ("committed by earlier calls", progress.before),
        ("tokens", progress.tokens),
        ("tokens/s", f"{progress.tokens_per_second:,.0f}"),
        ("pass rate", percent(progress.passed, scorable)),
        ("truncated", percent(progress.truncated, progress.completions)),
        ("unscorable", percent(progress.unscorable, progress.verified)),
        ("time", duration(progress.seconds)),
    ]
    rows += [(name, value) for name, value in _sometimes(progress).items() if value]
    stderr.print(table(str(out), ("", "this call"), rows))
    print_judge()
    if progress.stopped_by:
        stderr.print(f"stopped by budget: {progress.stopped_by}; the same command goes on with a larger one")


def _sometimes(progress: Progress) -> dict[str, object]:
    """What is only told where there is something to tell."""
    return {
        "ended as loops": progress.repeated and percent(progress.repeated, progress.completions),
        "loops not continued": progress.not_continued,
        "not needed any more": progress.spared,
        "cost of the run": None if progress.cost is None else f"{progress.cost:,.2f}",
        "bad golds left out": progress.bad_golds,
        "samplers lost, and replaced": progress.samplers and progress.samplers.lost,
        "sources exhausted": ", ".join(progress.exhausted),
        "failed, asked again by the next call": progress.failed,
    }


def _as_json(progress: Progress, out: Path) -> dict[str, object]:
    names = (
        "planned", "before", "spared", "completions", "tokens", "prompt_tokens", "truncated", "repeated",
        "not_continued", "failed", "bad_golds", "verified", "passed", "cost", "stopped_by", "exhausted",
    )  # fmt: skip
    return {
        "out": str(out),
        **{name: getattr(progress, name) for name in names},
        "causes": dict(progress.causes),
        "judge": judge_json(),
        "samplers": progress.samplers and vars(progress.samplers),
        "sources": {name: vars(counts) for name, counts in progress.sources.items()},
        "seconds": round(progress.seconds, 3),
    }
