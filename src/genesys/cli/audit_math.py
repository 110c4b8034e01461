"""`genesys audit math`: how often the mathematics reward is wrong, on labelled cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.console import print_json, stderr, stdout, table
from genesys.cli.judge_report import judge_json, print_judge
from genesys.cli.options import AnswerFormat, Json, Judge, Verifier, Workers
from genesys.errors import ConfigurationError, UnknownName

if TYPE_CHECKING:
    from genesys.rewards import VerifierSpec
    from genesys.rewards.judging.dual_audit import DualAudit
    from genesys.rewards.math_audit import Finding, LabelledCase, MathAudit, Rate, Tally
    from genesys.schema import Problem, Verdict

FORMS = {"boxed": frozenset(("boxed", "extraction")), "all": None}


def audit_math(
    path: Annotated[Path, typer.Argument(help="Labelled cases: gold, response, is_correct, category, …")],
    against: Annotated[
        str | None, typer.Option("--against", help='A second verifier beside it, such as "math-verify".')
    ] = None,
    forms: Annotated[
        str, typer.Option("--forms", help="boxed (boxed and extraction rows) or all. Default: by format.")
    ] = "",
    show: Annotated[int, typer.Option("--show", min=0, help="Findings shown in detail.")] = 20,
    verifier: Verifier = None,
    answer_format: AnswerFormat = None,
    judge: Judge = None,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Measure false negatives, false positives and the uncertain share, with 95 % Wilson intervals.

    With a judge, dual-math is measured: what share is sent to the judge, and what error is left.

        genesys audit math cases.jsonl --against math-verify
        genesys audit math cases.jsonl --judge judge.toml
    """
    from genesys.envs.sources.rows import read_rows
    from genesys.rewards.judging import configure_judge
    from genesys.rewards.judging.dual_audit import DualAudit
    from genesys.rewards.math_audit import read_cases

    if judge is not None:
        configure_judge(judge)
        verifier = verifier or "dual-math"
    chosen = forms or ("all" if answer_format in ("bare", "answer_tag") else "boxed")
    if chosen not in FORMS:
        raise UnknownName.of("value of --forms", chosen, FORMS)
    cases = list(read_cases(read_rows(path), forms=FORMS[chosen]))
    if not cases:
        raise ConfigurationError(f"{str(path)!r} holds no case of the chosen forms", "Try --forms all.")
    specs = [_spec(name, answer_format) for name in (verifier or "math", against) if name]
    audits: dict[str, MathAudit] = {}
    second = DualAudit()
    for spec in specs:
        audits[spec.key] = _run(cases, spec, workers, second)
    if json:
        shown = {key: _as_json(audit) for key, audit in audits.items()}
        asked = {"second_opinion": second.to_json(), "judge": judge_json()} if second.cases else {}
        print_json(shown | asked)
        return
    _print(audits, show)
    if second.cases:
        _print_second(second)
        print_judge()


def _spec(name: str, answer_format: str | None) -> VerifierSpec:
    """The verifier of a name; one without answer formats, such as the plain library, reads as it does."""
    from genesys.rewards import verifier_spec
    from genesys.rewards.judging import require_judge

    spec = verifier_spec(name)
    if answer_format is not None:
        try:
            spec = verifier_spec(name, {"answer_format": answer_format})
        except UnknownName:
            raise
        except ConfigurationError:
            pass
    require_judge([spec])
    return spec


def _run(cases: list[LabelledCase], spec: VerifierSpec, workers: int | None, second: DualAudit) -> MathAudit:
    from genesys.rewards import Grader
    from genesys.rewards.math_audit import run_math_audit

    waiting = iter(cases)

    def verify(problem: Problem, text: str) -> Verdict:
        verdict = grader.verify(problem, text, verifier=spec)
        second.add(next(waiting), verdict)
        return verdict

    grader = Grader(workers=workers)
    try:
        with stderr.status(f"{spec.key}: {len(cases):,} cases"):
            return run_math_audit(cases, verify)
    finally:
        grader.close()


def _print_second(second: DualAudit) -> None:
    rows = [
        ("cases, without those of convention", f"{second.cases:,}"),
        ("sent to the judge", _rate(second.sent_rate)),
        ("without a score in the end", f"{second.both.uncertain:,}"),
        ("error left, of all scores", _rate(second.error_left)),
        ("of it by the symbolic verifier", f"{second.by_math.rejected + second.by_math.accepted:,}"),
        ("of it by the judge", f"{second.by_judge.rejected + second.by_judge.accepted:,}"),
    ]
    rows += [("certain ones confirmed", _rate(second.agreement))] if second.checked else []
    stdout.print(table("second opinion", ("", "cases (95 % Wilson intervals)"), rows))


def _print(audits: dict[str, MathAudit], show: int) -> None:
    rows = [
        (f"{title}, {key}", *_rates(tally))
        for key, audit in audits.items()
        for title, tally in (
            ("scored", audit.total),
            ("policy", audit.policy),
            ("needs judge", audit.needs_judge),
        )
        if tally.total
    ]
    stdout.print(table("rates (95 % Wilson intervals)", ("cases", *_COLUMNS), rows))
    first = next(iter(audits.values()))
    columns = ["category", "right", "wrong", *(f"FN / FP / ? of {key}" for key in audits)]
    stdout.print(
        table("by category", columns, [_category(name, audits) for name in sorted(first.categories)])
    )
    for key, audit in audits.items():
        slowest = ", ".join(f"{name} {seconds * 1e3:.0f} ms" for seconds, name in audit.slowest[:5])
        stdout.print(f"{key}: {audit.throughput:,.0f} verifications/s; slowest: {slowest}", highlight=False)
    for finding in first.findings[:show]:
        stdout.print(_line(finding), markup=False, highlight=False)
    if len(first.findings) > show:
        stderr.print(f"{len(first.findings) - show} more findings; --show prints them")


_COLUMNS = ("right", "wrong", "false negatives", "false positives", "uncertain")


def _rates(tally: Tally) -> tuple[int, int, str, str, str]:
    rates = (tally.false_negatives, tally.false_positives, tally.uncertain_rate)
    return (tally.right, tally.wrong, *(_rate(rate) for rate in rates))  # type: ignore[return-value]  # three rates


def _rate(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.count} = {100 * rate.share:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def _category(name: str, audits: dict[str, MathAudit]) -> list[object]:
    """A row: the same category under each verifier."""
    tallies = [audit.categories[name] for audit in audits.values()]
    row: list[object] = [name, tallies[0].right, tallies[0].wrong]
    for tally in tallies:
        row.append(f"{tally.rejected} / {tally.accepted} / {tally.uncertain}")
    return row


def _line(finding: Finding) -> str:
    case = finding.case
    info = finding.verdict.info.get("math", {}).get("info") or finding.verdict.info
    tier = "judge" if finding.verdict.info.get("decided_by") == "judge" else info.get("tier", "-")
    gold = str(case.problem.verification_info["ground_truth"])
    return (
        f"{case.case_id} {finding.kind} ({case.category}): gold {gold[:80]!r}, "
        f"answer {str(info.get('answer', ''))[:80]!r}, {finding.verdict.cause or 'right'} by {tier}"
    )


def _as_json(audit: MathAudit) -> dict[str, Any]:
    return {
        "scored": _tally_json(audit.total),
        "policy": _tally_json(audit.policy),
        "needs_judge": _tally_json(audit.needs_judge),
        "categories": {name: _tally_json(tally) for name, tally in sorted(audit.categories.items())},
        "throughput": round(audit.throughput, 1),
        "slowest": [{"case": name, "seconds": round(seconds, 4)} for seconds, name in audit.slowest],
        "findings": [
            {"case": finding.case.case_id, "kind": finding.kind, "cause": finding.verdict.cause}
            for finding in audit.findings
        ],
    }


def _tally_json(tally: Tally) -> dict[str, Any]:
    rates = {
        "false_negatives": tally.false_negatives,
        "false_positives": tally.false_positives,
        "uncertain": tally.uncertain_rate,
    }
    return {"right": tally.right, "wrong": tally.wrong} | {
        name: {"count": rate.count, "share": rate.share, "interval": list(rate.interval)}
        for name, rate in rates.items()
    }
