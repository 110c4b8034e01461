"""The card of a trained model: how it came about, and how to make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_NAMES = {"sft": "supervised fine-tuning", "dpo": "preference optimisation", "grpo": "online training (GRPO)"}
_TAGS = {"sft": "sft", "dpo": "dpo", "grpo": "grpo"}


def card_of(record: Mapping[str, Any]) -> str:
    """The card as Markdown, with the front matter that model hubs read.

    Args:
        record: The training's record (`genesys.training.trainers.record`).
    """
    identity = record["identity"]
    kind = identity["kind"]
    front = [
        "---",
        "library_name: transformers",
        f"base_model: {json.dumps(identity['model'])}",
        f"tags: [genesys, trl, {_TAGS[kind]}]",
        "---",
        "",
    ]
    body = [
        f"# {_NAMES[kind].capitalize()} of {identity['model']}",
        "",
        f"{record['steps']} steps with genesys {record['genesys']} and TRL {record['versions']['trl']}.",
        "",
        *_scores(record),
        "## What it learned from",
        "",
        *_table("", identity["data"]),
        "## Settings",
        "",
        *_table("", {name: value for name, value in identity.items() if name not in ("data", "trl")}),
        "Given to TRL; everything else is its default or genesys's preset:",
        "",
        *_table("", record["settings"]),
        "## Versions",
        "",
        *_table("", record["versions"] | {"python": record["python"]}),
        "The curve of the training is `curve.jsonl` (TRL's metrics by step); `training.json` holds all of the",
        "above for programs. The same settings on the same machine give the same weights on a CPU with one",
        "thread; GPUs do not promise that.",
        "",
    ]
    return "\n".join(front + body)


def _scores(record: Mapping[str, Any]) -> list[str]:
    held_out = {name: value for name, value in record["held_out"].items() if value is not None}
    if not held_out:
        return ["No held-out score was taken.", ""]
    return [*_table("held-out score", {name: f"{value:.4f}" for name, value in held_out.items()})]


def _table(head: str, values: Mapping[str, Any]) -> list[str]:
    rows = [f"| {name} | `{_cell(value)}` |" for name, value in values.items() if value is not None]
    return [f"| {head} | |", "| --- | --- |", *rows, ""]


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.replace("|", "\\|").replace("`", "'").replace("\n", " ")
