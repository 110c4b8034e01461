"""`genesys audit judge`: how far a judge can be trusted, on labelled answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.audit_judge_report import print_audit, print_published
from genesys.cli.console import print_json, stderr
from genesys.cli.judge_report import judge_json, print_judge
from genesys.cli.options import AnswerFormat, Json, Judge, Limit, SkipMalformed
from genesys.errors import ConfigurationError, MalformedRow

if TYPE_CHECKING:
    from genesys.rewards.judge_audit_figures import JudgeAudit, LabelledAnswer
    from genesys.rewards.judging import JudgeVerifier

CASE_COLUMNS = {"gold", "response", "is_correct"}
PUBLISHED_COLUMNS = {"judgement", "expected_judgement"}
"""What tells labelled cases of mathematics, and judgements of other judges, from rows of responses."""


def audit_judge(
    path: Annotated[
        Path,
        typer.Argument(
            help="Labelled rows: a problem's columns with llm_response and expected_score (or score), or gold, "
            "response, is_correct. Or judgements of another judge: judgement, expected_judgement."
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
    Of judgements that another judge has given already, agreement and kappa are measured, and no judge is asked.

        genesys audit judge labelled.jsonl --judge judge.toml
        genesys audit judge labelled.jsonl --judge http://127.0.0.1:8000/v1 --injected 0 --json
    """
    from genesys.rewards.judge_audit_figures import AuditPlan

    if _first_columns(path) >= PUBLISHED_COLUMNS:
        _audit_published(path, json=json)
        return
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
        print_audit(audit, show)
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


def _first_columns(path: Path) -> set[str]:
    from genesys.envs.sources.rows import read_rows

    for _, row in read_rows(path, on_malformed=lambda error: None):
        return set(row)
    return set()


def _audit_published(path: Path, *, json: bool) -> None:
    from genesys.envs.sources.rows import read_rows
    from genesys.rewards.judge_audit_published import audit_published

    audit = audit_published(read_rows(path))
    if json:
        print_json(audit.to_json())
    else:
        print_published(audit)
    if not audit.confusion.total:
        raise typer.Exit(1)


def _answers(path: Path, limit: int | None, malformed: list[str] | None) -> Iterator[LabelledAnswer]:
    """The labelled answers of a file; rows without a label are left aside."""
    from itertools import islice

    from genesys.envs.sources.rows import read_rows
    from genesys.rewards.judge_audit_figures import LabelledAnswer
    from genesys.rewards.math_audit import read_cases

    if _first_columns(path) >= CASE_COLUMNS:
        cases = (
            LabelledAnswer(
                answer_id=case.case_id,
                problem=case.problem,
                text=case.response,
                label=float(case.is_correct),
                group=case.category,
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
