"""`genesys audit judge`: how far a judge can be trusted, on labelled answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.console import print_json, stderr, stdout, table
from genesys.cli.judge_report import judge_json, print_judge
from genesys.cli.options import AnswerFormat, Json, Judge, Limit, SkipMalformed
from genesys.errors import ConfigurationError, MalformedRow

if TYPE_CHECKING:
    from genesys.rewards.judge_agreement import Estimate
    from genesys.rewards.judge_audit_figures import JudgeAudit, LabelledAnswer
    from genesys.rewards.judging import JudgeVerifier
    from genesys.rewards.math_audit import Rate

CASE_COLUMNS = {"gold", "response", "is_correct"}
"""What tells labelled cases of mathematics from rows of responses."""


def audit_judge(
    path: Annotated[
        Path,
        typer.Argument(
            help="Labelled rows: a problem's columns with llm_response and expected_score (or score), or gold, "
            "response, is_correct."
        ),
    ],
    judge: Judge = None,
    rubric: Annotated[
        str | None, typer.Option("--rubric", help="The rubric, such as similarity@1. Default: the problem's.")
    ] = None,
    padded: Annotated[int, typer.Option("--padded", min=0, help="Answers asked again behind filler.")] = 100,
    swapped: Annotated[
        int, typer.Option("--swapped", min=0, help="Answers asked again with the candidate first.")
    ] = 100,
    repeated: Annotated[int, typer.Option("--repeated", min=0, help="Answers asked several times.")] = 50,
    replies: Annotated[int, typer.Option("--replies", min=2, help="How often each of these.")] = 4,
    injected: Annotated[
        int, typer.Option("--injected", min=0, help="Wrong answers that make every attempt of the corpus.")
    ] = 3,
    show: Annotated[int, typer.Option("--show", min=0, help="Disagreements shown in detail.")] = 5,
    limit: Limit = None,
    answer_format: AnswerFormat = None,
    skip_malformed: SkipMalformed = False,
    json: Json = False,
) -> None:
    """Measure a judge: agreement, kappa, bias by length and position, self-consistency, injections, cost.

    Asks about every row once, and about samples again: behind filler, with reference and candidate swapped, several
    times, and with each attempt of the injection corpus in wrong answers. Judgements are kept: an audit that was
    interrupted goes on where it was, and one that is run again asks nothing. Exit status 1 where nothing has a score.

        genesys audit judge labelled.jsonl --judge judge.toml
        genesys audit judge labelled.jsonl --judge http://127.0.0.1:8000/v1 --injected 0 --json
    """
    from genesys.rewards.judge_audit_figures import AuditPlan

    verifier = _verifier(judge, rubric, answer_format)
    malformed: list[str] = []
    answers = list(_answers(path, limit, malformed if skip_malformed else None))
    if not answers:
        raise ConfigurationError(
            f"{str(path)!r} holds no labelled answer",
            "Each row needs a label: expected_score or score from 0 to 1, or is_correct.",
        )
    plan = AuditPlan(padded=padded, swapped=swapped, repeated=repeated, replies=replies, injected=injected)
    audit = _run(answers, verifier, plan)
    if json:
        from genesys.rewards import VerifierSpec

        named = {"verifier": VerifierSpec.of(verifier).key, "model": verifier.model}
        print_json({**named, **audit.to_json(), "malformed": len(malformed), "judge": judge_json()})
    else:
        _print(audit, show)
        print_judge()
        if malformed:
            stderr.print(f"{len(malformed):,} malformed rows left out", highlight=False)
    if not audit.confusion.total:
        raise typer.Exit(1)


def _verifier(judge: str | None, rubric: str | None, answer_format: str | None) -> JudgeVerifier:
    from genesys.rewards import verifier_spec
    from genesys.rewards.judging import JudgeVerifier, configure_judge, require_judge

    if judge is not None:
        configure_judge(judge)
    params = {"rubric": rubric, "answer_format": answer_format}
    spec = verifier_spec("judge", {name: value for name, value in params.items() if value is not None})
    require_judge([spec])
    built = spec.build()
    if not isinstance(built, JudgeVerifier):
        raise ConfigurationError(f"an audit asks the package's own judge, not {type(built).__name__}")
    return built


def _answers(path: Path, limit: int | None, malformed: list[str] | None) -> Iterator[LabelledAnswer]:
    """The labelled answers of a file; rows without a label are left aside."""
    from itertools import islice

    from genesys.envs.sources.rows import read_rows
    from genesys.rewards.judge_audit_figures import LabelledAnswer
    from genesys.rewards.math_audit import read_cases

    first = next(read_rows(path), None)
    if first is not None and first[1].keys() >= CASE_COLUMNS:
        cases = (
            LabelledAnswer(
                answer_id=case.case_id,
                problem=case.problem,
                text=case.response,
                label=float(case.is_correct),
            )
            for case in read_cases(read_rows(path))
            if not case.policy
        )
        return islice(cases, limit)
    return islice(_labelled(path, malformed), limit)


def _labelled(path: Path, malformed: list[str] | None) -> Iterator[LabelledAnswer]:
    from genesys.rewards.judge_audit_figures import LabelledAnswer
    from genesys.rollouts.importing import read_responses

    def on_malformed(error: MalformedRow) -> None:
        assert malformed is not None  # only given to the reader where there is a list
        malformed.append(error.fault)

    for response in read_responses(path, on_malformed=None if malformed is None else on_malformed):
        label = response.known_score
        if label is None:
            continue
        if not 0.0 <= label <= 1.0:
            raise MalformedRow(
                f"{path}: the label of {response.response_id!r} is {label}", "Labels are scores from 0 to 1."
            )
        yield LabelledAnswer(
            answer_id=response.response_id, problem=response.problem, text=response.text, label=label
        )


def _run(answers: list[LabelledAnswer], verifier: JudgeVerifier, plan: Any) -> JudgeAudit:
    from genesys.rewards.judge_audit import run_judge_audit

    with stderr.status(f"{verifier.model}: {len(answers):,} answers") as status:

        def on_progress(part: str, done: int, total: int) -> None:
            status.update(f"{verifier.model}: {part} {done:,} of {total:,}")

        return asyncio.run(run_judge_audit(answers, verifier, plan, on_progress=on_progress))


def _print(audit: JudgeAudit, show: int) -> None:
    counts = audit.confusion.counts
    columns = ("label", "judge passes", "judge fails")
    rows = [
        ("right", counts[True, True], counts[True, False]),
        ("wrong", counts[False, True], counts[False, False]),
    ]
    stdout.print(table("answers with a score", columns, rows))
    stdout.print(table("the judge", ("", "(95 % intervals)"), _figures(audit)))
    if len(audit.by_source()) > 1:
        sources = [(name, _rate(rate)) for name, rate in audit.by_source().items()]
        stdout.print(table("agreement by source", ("source", "answers"), sources))
    if audit.attacks:
        _print_injections(audit)
    for line in _disagreements(audit, show):
        stdout.print(line, markup=False, highlight=False)


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
