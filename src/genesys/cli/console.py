"""The screen: tables and progress on stderr or stdout for people, one JSON object on stdout for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

stdout = Console()
stderr = Console(stderr=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Prints the one object of `--json`."""
    sys.stdout.write(
        json.dumps(value, ensure_ascii=False) + "\n"
    )  # rich would touch the data: emoji codes, say


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table whose numbers stand on the right."""
    made = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False)
    made.show_header = any(columns)
    for index, column in enumerate(columns):
        numeric = all(isinstance(row[index], int | float) or row[index] == "" for row in rows)
        made.add_column(column, justify="right" if numeric and rows else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    return made


def cell(value: object) -> str:
    """A value as it stands in a table: thousands apart, shares in percent."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value).replace("[", "\\[")


def percent(part: int, whole: int) -> str:
    """A share in percent, or a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def duration(seconds: float | None) -> str:
    """A time a person reads: 42 s, 3:05 min, 2:10 h."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d} h"
