"""Charts of HTML and SVG that stretch with the page: no script, no picture, no font from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genesys.curation.reporting.markup import Markup, element, joined

_WIDTH, _HEIGHT = 1000, 260
"""Units of a chart's box; it is stretched, and its labels are HTML beside it."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One horizontal bar.

    Attributes:
        label: What it stands for.
        parts: Series -> its length, in units of `whole`.
        value: What is written at its end.
        note: A second, fainter word after the value.
        hint: What is shown when one points at it.
        span: Ends of an interval to draw over it, in units of `whole`.
    """

    label: str
    parts: Mapping[str, float]
    value: str
    note: str = ""
    hint: str = ""
    span: tuple[float, float] | None = None


def bars(rows: Sequence[Bar], *, whole: float | None = None) -> Markup:
    """Horizontal bars, one under the other.

    Args:
        rows: The bars.
        whole: What a full bar is; the longest of them by default.
    """
    full = whole or max((sum(row.parts.values()) for row in rows), default=0) or 1
    return element("div", (_bar(row, full) for row in rows), class_="bars")


def _bar(row: Bar, whole: float) -> Markup:
    segments: list[Markup] = [
        element("span", class_=f"part {name}", style=f"width:{_percent(value, whole)}")
        for name, value in row.parts.items()
        if value > 0
    ]
    if row.span is not None:
        low, high = row.span
        style = f"left:{_percent(low, whole)};width:{_percent(high - low, whole)}"
        segments.append(element("span", class_="span", style=style))
    return element(
        "div",
        element("div", row.label, class_="label"),
        element("div", segments, class_="track"),
        element("div", row.value, class_="value"),
        element("div", row.note, class_="aside"),
        class_="bar",
        title=row.hint or f"{row.label}: {row.value} {row.note}".strip(),
    )


def histogram(
    counts: Mapping[str, Sequence[int]], labels: Sequence[str], ticks: Sequence[str], *, unit: str
) -> Markup:
    """Columns, stacked by series.

    Args:
        counts: Series -> how many fall into each bin.
        labels: Of each bin, shown when one points at it.
        ticks: Written under the chart, from its left to its right edge.
        unit: What is counted.
    """
    bins = len(labels)
    totals = [sum(counts[name][at] for name in counts) for at in range(bins)]
    tallest = max(totals, default=0) or 1
    width = _WIDTH / max(bins, 1)
    drawn: list[Markup] = [_line(_HEIGHT * (1 - share)) for share in (0.5, 1.0)]
    for at in range(bins):
        drawn.append(
            _column(at, width, {name: counts[name][at] for name in counts}, tallest, labels[at], unit)
        )
    svg = _svg(drawn, f"Histogram of {sum(totals)} {unit}")
    scale = element("div", element("span", f"{tallest:,}"), element("span", "0"), class_="scale")
    axis = element("div", (element("span", tick) for tick in ticks), class_="axis")
    return element("div", scale, element("div", svg, axis, class_="plot"), class_="chart")


def _column(at: int, width: float, parts: Mapping[str, int], tallest: int, label: str, unit: str) -> Markup:
    top, drawn = float(_HEIGHT), []
    for name, count in parts.items():
        if count:
            # a single row among thousands is still to be seen
            height = max(_HEIGHT * count / tallest, 1.5)
            top -= height
            drawn.append(_rect(at * width + width * 0.06, max(top, 0), width * 0.88, height, name))
    told = ", ".join(f"{name} {count:,}" for name, count in parts.items() if count)
    hint = element("title", f"{label}: {told or 'none'} {unit}")
    return element("g", _rect(at * width, 0, width, _HEIGHT, "hover"), drawn, hint)


def curves(
    series: Mapping[str, Sequence[tuple[float, float]]], ticks: Sequence[str], *, words: str
) -> Markup:
    """Lines through points.

    Args:
        series: Name -> points (x, y), both within 0 and 1.
        ticks: Written under the chart, from its left to its right edge.
        words: What it shows, for who cannot see it.
    """
    drawn: list[Markup] = [_line(_HEIGHT * (1 - share)) for share in (0.25, 0.5, 0.75, 1.0)]
    for name, points in series.items():
        line = " ".join(f"{x * _WIDTH:.1f},{_HEIGHT * (1 - y):.1f}" for x, y in points)
        drawn.append(element("polyline", points=line, class_=f"curve {name}"))
    scale = element("div", element("span", "100 %"), element("span", "0"), class_="scale")
    axis = element("div", (element("span", tick) for tick in ticks), class_="axis")
    plot = element("div", _svg(drawn, words), axis, class_="plot")
    return element("div", scale, plot, class_="chart")


def legend(names: Mapping[str, str]) -> Markup:
    """What the colours mean: series -> words."""
    keys = (
        element("span", element("i", class_=f"key {name}"), words, class_="entry")
        for name, words in names.items()
    )
    return element("div", keys, class_="legend")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    """A table whose numbers stand on the right."""
    numeric = [bool(rows) and all(_is_number(row[at]) for row in rows) for at in range(len(columns))]
    kinds = ["number" if is_number else None for is_number in numeric]
    head = element(
        "tr", (element("th", name, class_=kind) for name, kind in zip(columns, kinds, strict=True))
    )
    body = (
        element(
            "tr", (element("td", _cell(value), class_=kind) for value, kind in zip(row, kinds, strict=True))
        )
        for row in rows
    )
    return element(
        "div", element("table", element("thead", head), element("tbody", body)), class_="table", tabindex=0
    )


def tiles(values: Sequence[tuple[str, str, str]]) -> Markup:
    """The big numbers: (value, what it is, a fainter word)."""
    return element(
        "div",
        (
            element("div", element("b", value), element("span", name), element("small", note), class_="tile")
            for value, name, note in values
        ),
        class_="tiles",
    )


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        or str(value) == "–"
        or re.fullmatch(r"[\d.,]+ %", str(value)) is not None
    )


def _cell(value: object) -> str | Markup:
    if isinstance(value, Markup):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _percent(value: float, whole: float) -> str:
    return f"{100 * min(max(value / whole, 0.0), 1.0):.3f}%"


def _rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    numbers = {"x": x, "y": y, "width": width, "height": height}
    return element("rect", **{name: f"{value:.2f}" for name, value in numbers.items()}, class_=kind)


def _line(y: float) -> Markup:
    return element("line", x1=0, x2=_WIDTH, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid")


def _svg(drawn: Sequence[Markup], words: str) -> Markup:
    return element(
        "svg",
        element("title", words),
        joined(drawn),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
    )
