"""The card of a build: what is inside, what was dropped and why, and whose words were used."""

from __future__ import annotations

from collections.abc import Iterable

from genesys.curation.builders.report import BuildReport
from genesys.version import __version__

_HEADER = """---
configs:
- config_name: default
  data_files:
  - split: train
    path: problems/*.parquet
- config_name: rejected
  data_files:
  - split: train
    path: rejected/*.parquet
tags:
- genesys
- verifiable-rewards
---"""


def build_card(report: BuildReport) -> str:
    """The card as Markdown, with the configs that `datasets.load_dataset` reads in its header."""
    parts = [
        _HEADER,
        f"# {report.problems:,} problems of task type `{report.task_type}`",
        _made(report),
        "## From rows to problems",
        _stages(report),
        "## Sources",
        _table(
            ("source", "problems", "licence and attribution"),
            (
                (source, count, report.licences.get(source, "not known: state it before you publish"))
                for source, count in report.sources.items()
            ),
        ),
    ]
    for key, values in report.spread.items():
        parts += [f"## `{key}`", _table((key, "problems"), values.items())]
    return "\n\n".join(parts) + "\n"


def _made(report: BuildReport) -> str:
    by = f"Made by genesys {__version__} (genesys-rl), builder `{report.builder}`."
    asked = (
        f" Language model steps were answered by `{report.model}`, with the wordings "
        f"{', '.join(f'`{key}`' for key in report.prompts)}."
        if report.model
        else " No language model was asked."
    )
    audit = (
        f" Each gold scores 1 under `{report.verifier}`; an empty answer and a near miss score below."
        if report.verifier
        else " The golds were not verified: a judge scores this task type, and none was configured."
    )
    return by + asked + audit + " `manifest.json` has the digest of every file."


def _stages(report: BuildReport) -> str:
    rows: list[tuple[object, ...]] = []
    for stage in report.stages:
        rows.append((f"**{stage.name}**", "read", stage.read))
        rows += [("", f"dropped: `{reason}`", count) for reason, count in stage.dropped.most_common()]
        rows.append(("", "passed on", stage.kept))
    return _table(("stage", "", "candidates"), rows)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
