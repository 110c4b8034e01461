"""`genesys audit`: measure what rewards and problems are worth before they are trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.audit_judge import audit_judge
from genesys.cli.audit_math import audit_math
from genesys.cli.console import print_json, stderr, stdout, table
from genesys.cli.options import AnswerFormat, Json, SkipMalformed, Verifier, Workers, make_grader
from genesys.errors import Conflict

if TYPE_CHECKING:
    from rich.status import Status

    from genesys.envs.gold_audit import GoldAudit

audit_app = typer.Typer(no_args_is_help=True, help="Measure golds and verifiers before they are trusted.")
audit_app.command("math")(audit_math)
audit_app.command("judge")(audit_judge)

KINDS = ("bad_gold", "gold_below_1", "blank_above_0", "near_miss_at_1", "unscorable")


@audit_app.command("golds")
def audit_golds(
    paths: Annotated[
        list[Path], typer.Argument(help="Problem files: JSONL, .gz or Parquet in the common schema.")
    ],
    show: Annotated[
        int, typer.Option("--show", min=0, help="Findings of each source and kind in detail.")
    ] = 3,
    verifier: Verifier = None,
    answer_format: AnswerFormat = None,
    skip_malformed: SkipMalformed = False,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Check that each gold earns 1, and an empty and a nearly right answer less, under its own verifier.

    Golds below 1 and near misses at 1 are defects of the problem or of its verifier; duplicates and golds
    that no verifier can use are listed. Exit status 1 where there is anything but bad golds, or nothing passes.
    """
    from genesys.envs.gold_audit import GoldAudit
    from genesys.envs.gold_audit import audit_golds as run_audit
    from genesys.envs.sources.files import FileProblems

    total, conflicts, duplicates = GoldAudit(), list[str](), Counter[str]()
    grader = make_grader(verifier, answer_format, workers)
    try:
        for path in paths:
            try:
                source = FileProblems(path, skip_malformed=skip_malformed)
            except Conflict as conflict:
                conflicts.append(conflict.fault)
                continue
            if source.duplicates:
                duplicates[str(path)] = source.duplicates
            with stderr.status(f"{path}: {len(source):,} problems") as status:
                counted = _counted(status, f"{path}: {{:,}} of {len(source):,} problems")
                found = run_audit(source, grader, answer_format=answer_format, keep=show, on_progress=counted)
            stderr.print(f"{path}: {found.passed:,} of {found.problems:,} problems pass", highlight=False)
            _merge(total, found)
    finally:
        grader.close()
    _report(total, conflicts, duplicates, json=json)
    broken = sum(count for (_, kind), count in total.kinds.items() if kind != "bad_gold")
    if broken or conflicts or not total.passed:
        raise typer.Exit(1)


def _counted(status: Status, words: str) -> Callable[[int], None]:
    """Shows how many problems are done."""
    done = 0

    def on_progress(count: int) -> None:
        nonlocal done
        done += count
        status.update(words.format(done))

    return on_progress


def _merge(total: GoldAudit, found: GoldAudit) -> None:
    total.problems += found.problems
    total.passed += found.passed
    total.kinds += found.kinds
    total.findings += found.findings


def _report(total: GoldAudit, conflicts: list[str], duplicates: Counter[str], *, json: bool) -> None:
    if json:
        print_json(_as_json(total, conflicts, duplicates))
        return
    sources = sorted({source for source, _ in total.kinds})
    rows = [(source, *(total.kinds[source, kind] for kind in KINDS)) for source in sources]
    if rows:
        stdout.print(table("findings", ("source", *KINDS), rows))
    for finding in total.findings:
        stdout.print(f"{finding.problem_id} {finding.kind}: {finding.detail}", markup=False, highlight=False)
    for path, count in duplicates.items():
        stdout.print(f"{path}: {count:,} duplicate rows, counted once", highlight=False)
    for conflict in conflicts:
        stdout.print(conflict, markup=False, highlight=False)
    stderr.print(f"{total.passed:,} of {total.problems:,} problems pass the audit")


def _as_json(total: GoldAudit, conflicts: list[str], duplicates: Counter[str]) -> dict[str, Any]:
    return {
        "problems": total.problems,
        "passed": total.passed,
        "findings": [
            {"source": source, "kind": kind, "problems": count}
            for (source, kind), count in sorted(total.kinds.items())
        ],
        "details": [vars(finding) for finding in total.findings],
        "duplicates": dict(duplicates),
        "conflicts": conflicts,
    }
