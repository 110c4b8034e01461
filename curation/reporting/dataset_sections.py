"""The sections of a dataset's page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from genesys.causes import CAUSES
from genesys.curation.reporting.binning import length_bins, score_bins, share
from genesys.curation.reporting.charts import Bar, bars, histogram, legend, table
from genesys.curation.reporting.dataset_files import DatasetFiles, lengths, token_counts
from genesys.curation.reporting.document import Section
from genesys.curation.reporting.markup import Markup, element, joined
from genesys.curation.reporting.run_numbers import OUTCOMES, WORDS
from genesys.curation.reporting.run_sections import pass_bar
from genesys.rewards.measured import measured_errors
from genesys.schema import canonical_json

_SERIES = {
    "right": "right, or chosen",
    "wrong": "wrong, or rejected",
    "unscorable": "unscorable",
    "plain": "completions",
}


def outputs_section(files: DatasetFiles) -> Section:
    """What each output kept and dropped, step by step."""
    parts: list[Markup] = [legend({"right": "kept", "wrong": "dropped"})]
    for name, output in files.manifest["outputs"].items():
        steps = ", ".join(_step(step) for step in output["steps"])
        parts.append(element("h3", f"{name} · {output['rows']:,} rows · {output['layout']}"))
        parts.append(element("p", f"Steps: {steps}.", class_="intro"))
        parts.append(_tally(output["completions"]))
        if output["problems"] is not None:
            parts.append(
                element("p", "Then the rule selects among each problem's completions:", class_="note")
            )
            parts.append(_tally(output["problems"]))
    intro = "Every row that was read is kept or dropped with a reason, and the numbers add up."
    return Section(name="steps", title="Kept and dropped", body=joined(parts), intro=intro)


def _step(step: Mapping[str, Any]) -> str:
    settings = {name: value for name, value in step["settings"].items() if value is not None}
    return f"{step['name']} {canonical_json(settings)}" if settings else str(step["name"])


def _tally(tally: Mapping[str, Any]) -> Markup:
    read, left, rows = (
        tally["read"],
        tally["read"],
        [_flow("read", {"right": tally["read"]}, tally["read"], "")],
    )
    for reason, count in tally["dropped"].items():
        left -= count
        rows.append(_flow(f"dropped: {reason}", {"right": left, "wrong": count}, count, share(count, read)))
    rows.append(_flow("kept", {"right": tally["kept"]}, tally["kept"], share(tally["kept"], read)))
    unit = element("p", f"{tally['unit']}:", class_="part-name")
    return joined([unit, bars(rows, whole=max(read, 1))])


def _flow(label: str, parts: Mapping[str, float], count: int, note: str) -> Bar:
    return Bar(label=label, parts=parts, value=f"{count:,}", note=note)


def verdict_section(files: DatasetFiles) -> Section:
    """Verdicts and pass rates by source, as the completions came in."""
    sources = files.manifest["sources"]
    twice = Counter(source["source"] for source in sources)
    rows, rates = [], []
    for source in sources:
        name = (
            source["source"] if twice[source["source"]] == 1 else f"{source['source']}, {source['task_type']}"
        )
        counts = (source["passed"], source["failed"], source["unscorable"], source["unscored"])
        parts = dict(zip(OUTCOMES, counts, strict=True))
        rows.append(
            Bar(
                label=source["source"],
                parts=parts,
                value=f"{source['completions']:,}",
                note=source["task_type"],
            )
        )
        rates.append(pass_bar(name, source["passed"], source["passed"] + source["failed"]))
    used = {name: WORDS[name] for name in OUTCOMES if any(row.parts[name] for row in rows)}
    body = joined([legend(used), bars(rows), element("h3", "Pass rate by source"), bars(rates, whole=1.0)])
    intro = "Of all completions that were read. The pass rate is over those with a score; the line is its 95 % interval."
    return Section(name="sources", title="Verdicts by source", body=body, intro=intro)


def causes_section(files: DatasetFiles) -> Section | None:
    """Why scores are below one, or missing."""
    counts: Counter[str] = Counter()
    for source in files.manifest["sources"]:
        counts.update(source["causes"])
    known = [(cause, count) for cause, count in counts.most_common() if cause in CAUSES]
    if not known:
        return None
    rows = [
        Bar(
            label=cause,
            parts={CAUSES[cause].outcome: count},
            value=f"{count:,}",
            note=share(count, files.manifest["completions"]),
            hint=CAUSES[cause].remedy,
        )
        for cause, count in known
    ]
    intro = "Why the score of a completion that was read is below one, or missing."
    return Section(name="causes", title="Causes", body=bars(rows), intro=intro, wide=False)


def score_section(files: DatasetFiles) -> Section | None:
    """Scores and problems' pass rates, from the first output that holds all verdicts."""
    raw = raw_output(files)
    if raw is None:
        return None
    scores, right = [], []
    for batch in files.batches(raw, ["score", "task_type"]):
        values = np.asarray(batch["score"].to_numpy(zero_copy_only=False), float)
        scores.append(values)
        right.append(files.passes(batch["task_type"].to_pylist(), values))
    score, passed = np.concatenate([np.zeros(0), *scores]), np.concatenate([np.zeros(0, bool), *right])
    known = ~np.isnan(score)
    if not known.any():
        return None
    binned = score_bins({"right": score[known & passed], "wrong": score[known & ~passed]})
    chart = histogram(binned.counts, binned.labels, binned.ticks, unit="rows")
    intro = f"Of {int(known.sum()):,} rows of {raw} that have one."
    return Section(name="scores", title="Scores", body=chart, intro=intro, wide=False, fill=True)


def raw_output(files: DatasetFiles) -> str | None:
    """The first output with rows that holds responses with their scores, right or wrong."""
    rows = files.manifest["outputs"]
    return next(
        (name for name in files.outputs() if rows[name]["rows"] and "llm_response" in files.columns(name)),
        None,
    )


def length_section(files: DatasetFiles) -> Section | None:
    """The lengths of each output's completions."""
    parts: list[Markup] = []
    seen: set[str] = set()
    for name in files.outputs():
        found = lengths(files, name)
        if found:
            binned = length_bins(found)
            median = float(np.median(np.concatenate(list(found.values()))))
            parts.append(element("h3", f"{name} · median {median:,.0f} characters"))
            parts.append(histogram(binned.counts, binned.labels, binned.ticks, unit="completions"))
            seen |= set(found)
    if not parts:
        return None
    words = {name: word for name, word in _SERIES.items() if name in seen}
    intro = "Characters of the completions, reasoning included, on a logarithmic scale."
    return Section(
        name="lengths", title="Lengths", body=joined([legend(words), *parts]), intro=intro, wide=False
    )


def yield_section(files: DatasetFiles) -> Section | None:
    """Tokens that were sampled, and those of the rows that each output kept; None where nobody counted."""
    raw = raw_output(files)
    counts = {} if raw is None else token_counts(files, raw)
    if not counts:
        return None
    total = sum(counts.values())
    rows = [
        Bar(label="sampled", parts={"plain": total}, value=f"{total:,}", note=f"{len(counts):,} completions")
    ]
    for name in files.outputs():
        columns = [one for one in ("response_id", "chosen_response_id") if one in files.columns(name)]
        if name == raw or not columns:
            continue
        ids = [one for batch in files.batches(name, columns[:1]) for one in batch.column(0).to_pylist()]
        kept = sum(counts.get(one, 0) for one in ids)
        words = "chosen in " if columns[0] != "response_id" else ""
        each = f", {total / len(ids):,.0f} sampled for each row" if ids else ""
        rows.append(
            Bar(
                label=f"{words}{name}",
                parts={"right": kept},
                value=f"{kept:,}",
                note=f"{share(kept, total)}{each}",
            )
        )
    return Section(
        name="yield",
        title="Token yield",
        body=bars(rows),
        intro="Sampled tokens, and what became of them.",
        wide=False,
    )


def origin_section(files: DatasetFiles) -> Section:
    """Thresholds, verifiers with their measured errors, licences, runs and versions."""
    manifest = files.manifest
    types = sorted({*manifest["thresholds"], *manifest["verifiers"]})
    thresholds = [
        (
            name,
            manifest["thresholds"].get(name, manifest["thresholds"]["default"]),
            manifest["verifiers"].get(name, "–"),
        )
        for name in types
    ]
    errors = []
    for key in sorted(set(manifest["verifiers"].values())):
        found = measured_errors(key)
        rates = (None, None) if found is None else (found.false_negatives, found.false_positives)
        shown = [
            "–" if rate is None else f"{rate[0]:.2f} % ({rate[1]:.2f} to {rate[2]:.2f})" for rate in rates
        ]
        errors.append((key, *shown, "not measured" if found is None else found.cases))
    licences = [(source, licence or "not stated") for source, licence in manifest["licences"].items()]
    runs = [(run["name"], run["identity"].get("model", "–"), run["completions"]) for run in manifest["runs"]]
    versions = [
        ("genesys", manifest["genesys"]),
        ("pyarrow", manifest["pyarrow"]),
        ("recipe", manifest["recipe"]["name"]),
    ]
    body = joined(
        [
            table(("task type", "passes from", "scores of"), thresholds),
            element("h3", "How often these verifiers are wrong"),
            table(("verifier", "false negatives", "false positives", "measured on"), errors),
            element("h3", "Licences of the problems"),
            table(("source", "licence"), licences),
            element("h3", "Runs"),
            table(("run", "model", "completions"), runs),
            element("h3", "Made with"),
            table(("", ""), versions),
        ]
    )
    return Section(name="origin", title="Where it comes from", body=body)
