"""The page of a dataset: what each output kept and dropped, and rows to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genesys.curation.reporting.binning import share
from genesys.curation.reporting.charts import tiles
from genesys.curation.reporting.dataset_files import DatasetFiles
from genesys.curation.reporting.dataset_sections import (
    causes_section,
    length_section,
    origin_section,
    outputs_section,
    score_section,
    verdict_section,
    yield_section,
)
from genesys.curation.reporting.document import Section, page
from genesys.curation.reporting.markup import Markup
from genesys.curation.reporting.samples import Answer, Sample, samples_section


def dataset_page(folder: Path, *, samples: int = 8) -> str:
    """The report of a dataset as HTML.

    Args:
        folder: What `genesys curate` wrote.
        samples: Rows of each output.

    Raises:
        DataError: If the manifest or a file is damaged.
    """
    files = DatasetFiles(folder)
    manifest = files.manifest
    rows = {name: output["rows"] for name, output in manifest["outputs"].items()}
    shown = samples_section(
        [sample for name in files.outputs() for sample in _samples(files, name, rows[name], samples)],
        {name: name for name in files.outputs()},
        f"of {sum(rows.values()):,} rows",
    )
    sections: Sequence[Section | None] = [
        Section(name="overview", title="", body=_tiles(manifest)),
        outputs_section(files),
        verdict_section(files),
        score_section(files),
        causes_section(files),
        length_section(files),
        yield_section(files),
        shown,
        origin_section(files),
    ]
    lead = f"Made by the recipe {manifest['recipe']['name']} from {manifest['completions']:,} completions of {manifest['problems']:,} problems."
    return page(folder.resolve().name, lead, [section for section in sections if section is not None])


def _tiles(manifest: Mapping[str, Any]) -> Markup:
    passed = sum(source["passed"] for source in manifest["sources"])
    scored = passed + sum(source["failed"] for source in manifest["sources"])
    values = [
        (f"{manifest['completions']:,}", "completions read", f"of {manifest['problems']:,} problems"),
        (share(passed, scored), "right", f"{passed:,} of {scored:,} with a score"),
    ]
    for name, output in manifest["outputs"].items():
        tally = output["completions"] if output["problems"] is None else output["problems"]
        note = f"{share(tally['kept'], tally['read'])} of {tally['read']:,} {tally['unit']}"
        values.append((f"{output['rows']:,}", f"rows of {name}", note))
    return tiles(values)


def _samples(files: DatasetFiles, output: str, rows: int, most: int) -> Iterator[Sample]:
    """Rows of an output, evenly spaced."""
    wanted = sorted({rows * at // most for at in range(most)}) if rows else []
    for number, row in zip(wanted, files.rows_at(output, wanted), strict=True):
        yield _sample(files, output, number, row)


def _sample(files: DatasetFiles, output: str, number: int, row: Mapping[str, Any]) -> Sample:
    place = f"row {number + 1:,} of {output}"
    if "llm_response" in row:
        return _raw_sample(files, output, place, row)
    if "chosen" in row:
        margin = f"{row['score_chosen']:g} against {row['score_rejected']:g}"
        answers = [Answer(text=_last(row[side]), name=side) for side in ("chosen", "rejected")]
        name = f"{row['chosen_response_id']} > {row['rejected_response_id']}"
        return Sample(
            group=output, tone="plain", verdict=margin, name=name, facts=(row["task_type"], place),
            prompt=_asked(row["prompt"]), answers=answers,
        )  # fmt: skip
    if "generations" in row:
        return _group_sample(output, place, row)
    return Sample(
        group=output, tone="right", verdict=f"score {row['score']:g}", name=row["response_id"],
        facts=(row["task_type"], place), prompt=_asked(row["messages"][:-1]),
        answers=[Answer(text=_last(row["messages"]))],
    )  # fmt: skip


def _raw_sample(files: DatasetFiles, output: str, place: str, row: Mapping[str, Any]) -> Sample:
    score = row["score"]
    passes = score is not None and bool(files.passes([row["task_type"]], score)[0])
    tone = "unscorable" if score is None else "right" if passes else "wrong"
    verdict = tone if score in (None, 0.0, 1.0) else f"{tone} {score:.3g}"
    return Sample(
        group=output, tone=tone, verdict=verdict, name=row["response_id"], facts=(row["source"], place),
        prompt=row["prompt"], answers=[Answer(text=row["llm_response"])], gold=row["gold_standard_solution"],
    )  # fmt: skip


def _group_sample(output: str, place: str, row: Mapping[str, Any]) -> Sample:
    answers = [
        Answer(text=text, name=f"generation {at + 1}, {'right' if right else 'not right'} by the verifier")
        for at, (text, right) in enumerate(
            zip(row["generations"], row["correctness_math_verify"], strict=True)
        )
    ]
    verdict = f"{row['correctness_count']} of {len(answers)} right"
    return Sample(
        group=output, tone="plain", verdict=verdict, name=str(row["uuid"] or row["problem"][:60]),
        facts=(row["source"], place), prompt=row["problem"], answers=answers, gold=row["answer"],
    )  # fmt: skip


def _asked(messages: Sequence[Mapping[str, str]]) -> str:
    if len(messages) == 1:
        return messages[0]["content"]
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)


def _last(messages: Sequence[Mapping[str, str]]) -> str:
    return messages[-1]["content"]
