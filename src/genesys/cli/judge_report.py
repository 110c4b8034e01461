"""What a command's judges were asked, for people and for programs."""

from __future__ import annotations

from typing import Any

from genesys.cli.console import percent, stderr, table


def judge_json() -> dict[str, Any] | None:
    """The ledger of this process, or None where no judge was asked."""
    from genesys.rewards.judging import judge_ledger

    counts = judge_ledger().snapshot()
    return counts if counts["questions"] else None


def print_judge() -> None:
    """Prints the ledger, where a judge was asked."""
    counts = judge_json()
    if counts is None:
        return
    rows: list[tuple[str, object]] = [
        ("questions", counts["questions"]),
        ("answered from the cache", counts["cached"] + counts["shared"]),
        ("answered by a judge", counts["judged"]),
        ("of these, at the second request", counts["repaired"]),
        ("without an answer", counts["failed"]),
        ("calls", counts["calls"]),
        ("tokens of prompts", counts["prompt_tokens"]),
        ("tokens of replies", counts["completion_tokens"]),
    ]
    if counts["cost"] is not None:
        rows.append(("cost", f"{counts['cost']:,.4f}"))
    if counts["checked"]:
        rows.append(("certain verdicts checked", counts["checked"]))
        rows.append(("of these, confirmed", percent(counts["agreed"], counts["checked"])))
    stderr.print(table("judge", ("", "this call"), rows))
