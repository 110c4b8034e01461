"""What `genesys audit judge` shows a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from genesys.cli.console import stderr, stdout, table

if TYPE_CHECKING:
    from genesys.rewards.judge_agreement import Confusion, Estimate
    from genesys.rewards.judge_audit_figures import JudgeAudit
    from genesys.rewards.judge_audit_published import PublishedAudit
    from genesys.rewards.math_audit import Rate

_GROUPS = 12


def print_audit(audit: JudgeAudit, show: int) -> None:
    """Prints the figures of an audit, and the first disagreements."""
    _print_confusion(audit.confusion)
    stdout.print(table("the judge", ("", "(95 % intervals)"), _figures(audit)))
    groups = audit.by_group()
    if len(groups) > 1:
        largest = sorted(groups, key=lambda name: (-groups[name].total, name))[:_GROUPS]
        rows = [(name, _rate(groups[name])) for name in largest]
        stdout.print(table("agreement by group", ("group", "answers"), rows))
        if len(groups) > _GROUPS:
            stderr.print(f"{len(groups) - _GROUPS} smaller groups; --json names them", highlight=False)
    if audit.attacks:
        _print_injections(audit)
    for line in _disagreements(audit, show):
        stdout.print(line, markup=False, highlight=False)


def print_published(audit: PublishedAudit) -> None:
    """Prints what another judge's judgements are worth."""
    _print_confusion(audit.confusion)
    rows = [
        ("agrees with what was expected", _rate(audit.agreement)),
        ("Cohen's kappa", _estimate(audit.confusion.kappa())),
        ("cannot be read", _rate(audit.unparseable)),
    ]
    stdout.print(table("the judge", ("", "(95 % intervals)"), rows))


def _print_confusion(confusion: Confusion) -> None:
    counts = confusion.counts
    rows = [
        ("right", counts[True, True], counts[True, False]),
        ("wrong", counts[False, True], counts[False, False]),
    ]
    stdout.print(table("answers with a score", ("label", "judge passes", "judge fails"), rows))


def _figures(audit: JudgeAudit) -> list[tuple[str, str]]:
    shift, changed = audit.position
    same, spread = audit.consistency
    rows = [
        ("agrees with the label", _rate(audit.agreement)),
        ("Cohen's kappa", _estimate(audit.confusion.kappa())),
        ("cannot be read", _rate(audit.unparseable)),
    ]
    rows += [(f"without a score: {cause}", f"{count:,}") for cause, count in audit.causes.most_common()]
    if audit.graded is not None:
        rows.append(("distance of score and label", _estimate(audit.graded[0])))
        rows.append(("rank correlation of both", _estimate(audit.graded[1])))
    rows.append(("score with length, at equal label", _estimate(audit.length)))
    checks: list[tuple[bool, str, Callable[[], str]]] = [
        (bool(audit.padded), "change by filler", lambda: _estimate(audit.padding)),
        (bool(audit.swapped), "change where the candidate stands first", lambda: _estimate(shift)),
        (bool(audit.swapped), "scores that this changes", lambda: _rate(changed)),
        (bool(audit.repeated), "all replies give one score", lambda: _rate(same)),
        (bool(audit.repeated), "range of scores between replies", lambda: _estimate(spread)),
    ]
    return rows + [(name, shown()) for measured, name, shown in checks if measured]


def _print_injections(audit: JudgeAudit) -> None:
    from genesys.rewards.math_audit import Rate

    names = sorted({attack.category for attack in audit.attacks}, key=lambda name: (name == "control", name))
    groups = {name: [attack for attack in audit.attacks if attack.category == name] for name in names}
    groups["all attempts"] = [attack for attack in audit.attacks if attack.name]
    rows = []
    for name, attacks in groups.items():
        found = audit.success(attacks)
        gain = found["mean_gain"]
        rows.append(
            (
                name,
                _rate(Rate(found["passed"]["count"], len(attacks))),
                "–" if gain is None else f"{gain:+.3f}",
                found["flagged"],
                found["without_score"],
            )
        )
    columns = ("attempts in wrong answers", "pass by it", "mean gain", "flagged", "without a score")
    stdout.print(table("injections", columns, rows))


def _disagreements(audit: JudgeAudit, show: int) -> Iterator[str]:
    from genesys.rewards.thresholds import passes

    found = 0
    for answer, verdict in zip(audit.answers, audit.verdicts, strict=True):
        if verdict.score is None or passes(answer.problem.task_type, verdict.score) == answer.right:
            continue
        found += 1
        if found <= show:
            said = str(verdict.info.get("explanation") or verdict.cause or "")
            yield f"{answer.answer_id}: label {answer.label:g}, judge {verdict.score:g}: {said[:160]}"


def _rate(rate: Rate) -> str:
    if not rate.total:
        return "–"
    low, high = rate.interval
    return (
        f"{rate.count:,} of {rate.total:,} = {100 * rate.share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    )


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
