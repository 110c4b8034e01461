"""The sections of a run's page: verdicts, scores, lengths, sources, difficulty, causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from genesys.causes import CAUSES
from genesys.curation.browsing import RunBook
from genesys.curation.reporting.binning import interval, length_bins, quantile_edges, score_bins, share, short
from genesys.curation.reporting.charts import Bar, bars, histogram, legend, table
from genesys.curation.reporting.document import Section
from genesys.curation.reporting.markup import Markup, element, joined
from genesys.curation.reporting.run_numbers import OUTCOMES, WORDS, Mask, RunNumbers
from genesys.rollouts.run_summary import RunSummary
from genesys.schema import parse_struct

_ROWS = 24
"""Bars in one chart; the rest is in a table or counted."""


def verifier_section(numbers: RunNumbers, summary: RunSummary) -> Section:
    """What became of the completions, and what each verifier says."""
    rows = [
        Bar(
            label=task_type,
            parts=numbers.outcomes(where),
            value=f"{int(where.sum()):,}",
            note=rate_of(numbers, where),
        )
        for task_type in sorted(set(numbers.task_type.tolist()))
        for where in [numbers.task_type == task_type]
    ]
    keys = []
    for key, counts in summary.scores.items():
        verified, passed, unscorable = (
            counter.total() for counter in (counts.verified, counts.passed, counts.unscorable)
        )
        keys.append((key, verified, passed, share(passed, verified - unscorable), unscorable))
    used = numbers.outcomes()
    body = [legend({name: WORDS[name] for name in used}), bars(rows)]
    if keys:
        body.append(element("h3", "By verifier"))
        body.append(table(("verifier", "verdicts", "right", "pass rate", "unscorable"), keys))
    intro = "The pass rate is over completions that have a score: unscorable is not wrong."
    return Section(name="verdicts", title="Verdicts", body=joined(body), intro=intro)


def score_section(numbers: RunNumbers) -> Section | None:
    """The distribution of scores."""
    scored = ~np.isnan(numbers.score)
    if not scored.any():
        return None
    binned = score_bins(
        {name: numbers.score[scored & (numbers.outcome == name)] for name in ("right", "wrong")}
    )
    chart = histogram(binned.counts, binned.labels, binned.ticks, unit="completions")
    mean = float(numbers.score[scored].mean())
    partial = int(((numbers.score > 0) & (numbers.score < 1)).sum())
    intro = f"{int(scored.sum()):,} scores, {mean:.3f} on average, {partial:,} strictly between 0 and 1."
    return Section(name="scores", title="Scores", body=chart, intro=intro, wide=False, fill=True)


def length_section(numbers: RunNumbers) -> Section | None:
    """The distribution of lengths, and the pass rate by length."""
    if not len(numbers):
        return None
    names = [name for name in OUTCOMES if (numbers.outcome == name).any()]
    binned = length_bins({name: numbers.length[numbers.outcome == name] for name in names})
    chart = histogram(binned.counts, binned.labels, binned.ticks, unit="completions")
    edges = quantile_edges(numbers.length, 6)
    rows = []
    for low, high in pairwise(edges):
        where = (numbers.length >= low) & (numbers.length < high)
        label = f"{short(low)} to {short(high)}" if np.isfinite(high) else f"from {short(low)}"
        rows.append(rate_bar(f"{label} {numbers.unit}", numbers, where))
    median = float(np.median(numbers.length))
    ends = ", ".join(
        f"{share(count, len(numbers))} by {name}"
        for name, count in Counter(numbers.finish.tolist()).most_common()
    )
    intro = f"In {numbers.unit}, on a logarithmic scale; the median is {median:,.0f}. Sampling ended {ends}."
    body = joined([chart, element("h3", "Pass rate by length"), bars(rows, whole=1.0)])
    return Section(name="lengths", title="Lengths", body=body, intro=intro, wide=False)


def source_section(numbers: RunNumbers) -> Section:
    """The pass rate by source, the largest first."""
    sizes = Counter(numbers.source.tolist())
    rows = [rate_bar(source, numbers, numbers.source == source) for source, _ in sizes.most_common(_ROWS)]
    more = f" The {_ROWS} largest of {len(sizes):,} sources." if len(sizes) > _ROWS else ""
    return Section(
        name="sources",
        title="Pass rate by source",
        body=bars(rows, whole=1.0),
        intro=f"The line is the 95 % interval.{more}",
        wide=False,
    )


def difficulty_section(book: RunBook, numbers: RunNumbers) -> Section | None:
    """How many problems are solved how often, and the pass rate by the level that problems state."""
    parts: list[Markup] = []
    rows = _solved(numbers)
    if rows:
        parts += [element("h3", "Problems by share of right completions"), bars(rows)]
    stated = _stated(book, numbers)
    if stated:
        parts += [element("h3", "By the level that the problems state"), bars(stated, whole=1.0)]
    if not parts:
        return None
    intro = "Difficulty as this model has it: problems with two or more scored completions." if rows else ""
    return Section(name="difficulty", title="Difficulty", body=joined(parts), intro=intro, wide=False)


def _solved(numbers: RunNumbers) -> list[Bar]:
    scored = np.isin(numbers.outcome, ("right", "wrong"))
    if not scored.any():
        return []
    _, group = np.unique(numbers.problem[scored].astype(str), return_inverse=True)
    tried = np.bincount(group)
    right = np.bincount(group, weights=numbers.outcome[scored] == "right")
    rates = (right / tried)[tried >= 2]
    if not len(rates):
        return []
    bands = (("never", 0.0, 0.0), ("up to a third", 0.0, 1 / 3), ("up to two thirds", 1 / 3, 2 / 3))
    found = [
        (words, int(((rates > low) & (rates <= high)).sum() if high else (rates == 0).sum()))
        for words, low, high in bands
    ]
    found.append(("mostly", int(((rates > 2 / 3) & (rates < 1)).sum())))
    found.append(("always", int((rates == 1).sum())))
    return [
        Bar(label=words, parts={"plain": count}, value=f"{count:,}", note=share(count, len(rates)))
        for words, count in found
    ]


def _stated(book: RunBook, numbers: RunNumbers) -> list[Bar]:
    levels = {}
    for name, metadata in book.problem_column("metadata").items():
        stated = parse_struct(metadata)
        level = stated.get("difficulty", stated.get("level"))
        if isinstance(level, str | int | float) and not isinstance(level, bool):
            levels[name] = str(level)[:60]
    if not 1 < len(set(levels.values())) <= _ROWS:
        return []
    column = np.array([levels.get(name, "") for name in numbers.problem.tolist()])
    named = sorted(set(levels.values()), key=_level_order)
    return [rate_bar(level, numbers, column == level) for level in named]


def _level_order(level: str) -> tuple[float, str]:
    digits = "".join(letter for letter in level if letter.isdigit())
    return (float(digits[:9]) if digits else float("inf"), level)


def causes_section(numbers: RunNumbers) -> Section | None:
    """Why scores are below one or missing, with what to do about it."""
    counts = Counter(cause for cause in numbers.cause.tolist() if cause in CAUSES)
    if not counts:
        return None
    rows = [
        Bar(
            label=cause,
            parts={CAUSES[cause].outcome: count},
            value=f"{count:,}",
            note=share(count, len(numbers)),
            hint=f"{cause}: {CAUSES[cause].remedy}",
        )
        for cause, count in counts.most_common()
    ]
    meanings = [(cause, CAUSES[cause].remedy) for cause in counts]
    body = joined([bars(rows), element("h3", "What they mean"), table(("cause", ""), sorted(meanings))])
    return Section(
        name="causes", title="Causes", body=body, intro="Why a score is below one, or missing.", wide=False
    )


def rate_bar(label: str, numbers: RunNumbers, where: Mask) -> Bar:
    """The pass rate of some completions."""
    right, scored = numbers.rate(where)
    return pass_bar(label, right, scored)


def pass_bar(label: str, right: int, scored: int) -> Bar:
    """A pass rate with its interval."""
    value = right / scored if scored else 0.0
    return Bar(
        label=label,
        parts={"right": value},
        value=share(right, scored),
        note=f"of {scored:,}",
        span=interval(right, scored) if scored else None,
        hint=f"{label}: {right:,} of {scored:,} scored completions are right",
    )


def rate_of(numbers: RunNumbers, where: Mask) -> str:
    """The pass rate of some completions in words."""
    right, scored = numbers.rate(where)
    return f"{share(right, scored)} right"


def first_of_each(kinds: Iterable[str], most: int) -> list[int]:
    """Places of up to `most` entries, one kind after the other in turn."""
    by_kind: dict[str, list[int]] = {}
    for place, kind in enumerate(kinds):
        by_kind.setdefault(kind, []).append(place)
    found: list[int] = []
    turn = 0
    while len(found) < most and any(len(places) > turn for places in by_kind.values()):
        found += [places[turn] for places in by_kind.values() if len(places) > turn]
        turn += 1
    return sorted(found[:most])
