"""The page of a run: what was sampled, how it scored, and traces to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genesys.causes import CAUSES
from genesys.curation.browsing import BookTrace, RunBook
from genesys.curation.reporting.binning import share, short
from genesys.curation.reporting.charts import table, tiles
from genesys.curation.reporting.document import Section, page
from genesys.curation.reporting.markup import Markup
from genesys.curation.reporting.run_numbers import RunNumbers
from genesys.curation.reporting.run_sections import (
    causes_section,
    difficulty_section,
    first_of_each,
    length_section,
    score_section,
    source_section,
    verifier_section,
)
from genesys.curation.reporting.samples import Answer, Sample, samples_section
from genesys.curation.reporting.yield_section import yield_section
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.run_summary import RunSummary, summarise
from genesys.schema import canonical_json

_GROUPS = {
    "right": "right",
    "wrong": "wrong",
    "truncated": "cut short",
    "unscorable": "unscorable",
    "unscored": "not verified",
}


def run_page(run: RunReader, *, verifier: str | None = None, samples: int = 8) -> str:
    """The report of a run as HTML.

    Args:
        run: The run; it may be written to meanwhile.
        verifier: Whose verdicts, by key or name; by default each task type's own verifier's.
        samples: Traces of each kind.

    Raises:
        UnknownName: If that verifier has scored nothing here.
        DataError: If a part is damaged.
    """
    summary = summarise(run)
    book = RunBook(run, verifier)
    numbers = RunNumbers.of(book)
    sections: Sequence[Section | None] = [
        Section(name="overview", title="", body=_tiles(numbers, summary)),
        verifier_section(numbers, summary),
        score_section(numbers),
        difficulty_section(book, numbers),
        length_section(numbers),
        source_section(numbers),
        causes_section(numbers),
        yield_section(run, numbers, book.verifier),
        _samples(book, numbers, samples),
        _identity(summary),
    ]
    lead = f"{len(numbers):,} completions of {summary.problems:,} problems{_made_by(summary.identity)}"
    return page(run.folder.resolve().name, lead, [section for section in sections if section is not None])


def _made_by(identity: Mapping[str, Any]) -> str:
    if identity["model"] == identity["env_id"] == "imported":
        return ", imported from published files."
    return f" by {identity['model']}. Environment {identity['env_id']}, template {identity['template']}."


def _tiles(numbers: RunNumbers, summary: RunSummary) -> Markup:
    right, scored = numbers.rate()
    cut = int(np.isin(numbers.finish, ("length", "repetition")).sum()) + int(
        ((numbers.cause == "truncated") & (numbers.finish == "stop")).sum()
    )
    values = [
        (f"{len(numbers):,}", "completions", f"of {summary.problems:,} problems"),
        (share(right, scored), "right", f"{right:,} of {scored:,} with a score"),
        (short(summary.tokens), "tokens sampled", f"{summary.tokens // max(len(numbers), 1):,} a completion")
        if summary.tokens
        else (short(float(numbers.length.sum())), f"{numbers.unit} sampled", "tokens were not counted"),
        (share(cut, len(numbers)), "cut short", f"{cut:,} by length, as loops, or still thinking"),
        (
            share(numbers.count("unscorable"), len(numbers)),
            "unscorable",
            "nobody knows whether these are right",
        ),
    ]
    if numbers.count("unscored"):
        values.append((f"{numbers.count('unscored'):,}", "not verified yet", "run genesys score"))
    return tiles(values)


def _samples(book: RunBook, numbers: RunNumbers, each: int) -> Section:
    truncated = (numbers.cause == "truncated") | np.isin(numbers.finish, ("length", "repetition"))
    chosen: list[tuple[str, int]] = []
    for group in _GROUPS:
        where = truncated if group == "truncated" else (numbers.outcome == group) & ~truncated
        places = np.flatnonzero(where)
        kinds = [f"{numbers.source[place]} {numbers.cause[place]}" for place in places]
        chosen += [(group, int(places[at])) for at in first_of_each(kinds, each)]
    traces = book.read(np.array([place for _, place in chosen], np.int64))
    made = [_sample(trace, group) for trace, (group, _) in zip(traces, chosen, strict=True)]
    return samples_section(made, _GROUPS, f"of {len(numbers):,} completions")


def _sample(trace: BookTrace, group: str) -> Sample:
    score = "" if trace.score in (None, 0.0, 1.0) else f" {trace.score:.3g}"
    cause = f", {trace.cause}" if trace.cause and trace.cause != trace.outcome else ""
    length = f"{trace.tokens:,} tokens" if trace.tokens is not None else f"{len(trace.text):,} characters"
    remark = f"{trace.cause}: {CAUSES[trace.cause].remedy}" if trace.cause in CAUSES else ""
    return Sample(
        group=group,
        tone=trace.outcome,
        verdict=f"{trace.outcome}{score}{cause}",
        name=trace.response_id,
        facts=(trace.source, length, trace.finish_reason, trace.verifier or ""),
        prompt=trace.prompt,
        gold=trace.gold,
        answers=(Answer(text=trace.text),),
        remark=remark,
    )


def _identity(summary: RunSummary) -> Section:
    rows = [
        (name, value if isinstance(value, str) else canonical_json(value))
        for name, value in summary.identity.items()
    ]
    return Section(
        name="identity", title="Identity", body=table(("", ""), rows), intro="What makes this run this run."
    )
