"""`genesys show RUN --yield`: what a run gave for its tokens, hours and money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genesys.cli.console import cell, percent, stdout, table

if TYPE_CHECKING:
    from genesys.rollouts.run_yield import RunYield


def print_yield(found: RunYield) -> None:
    """Draws the two tables: the run, and what other limits would have kept."""
    rows: list[tuple[str, str]] = [
        ("completions", cell(found.completions)),
        ("superseded by continuations", cell(found.superseded)),
        ("verified right", f"{found.right:,} ({percent(found.right, found.completions)})"),
        ("truncated", percent(found.finish_reasons.get("length", 0), found.completions)),
        ("ended as loops", percent(found.finish_reasons.get("repetition", 0), found.completions)),
        ("tokens sampled", cell(found.tokens)),
        ("tokens per verified trace", _number(found.tokens_per_right)),
        ("hours of sampling", "–" if found.hours is None else f"{found.hours:,.3f}"),
        ("verified solutions an hour", _number(found.right_per_hour)),
        (f"  per GPU, of {found.gpus}", _number(found.right_per_gpu_hour)),
    ]
    if found.cost is not None:
        rows.append(("cost", f"{found.cost:,.2f}"))
        each = found.cost / found.right if found.right else None
        rows.append(("cost per verified trace", "–" if each is None else f"{each:,.4f}"))
    stdout.print(table("yield", ("", ""), rows))
    limits = [
        (
            f"{one.limit:,}",
            one.right,
            percent(one.right, found.completions),
            percent(one.right, found.right),
            one.tokens,
            _number(one.tokens_per_right),
        )
        for one in found.limits
    ]
    columns = ("token limit", "right", "of completions", "of all right", "tokens", "tokens per right")
    stdout.print(table("what a limit would have kept", columns, limits))
    if found.unknown:
        stdout.print(f"{found.unknown:,} completions of unknown length are in no limit's numbers")


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
