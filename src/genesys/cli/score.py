"""`genesys score`: verify responses that exist, in runs or in files of published rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.cli.cluster_options import Cluster, RayAddress, cluster_of, joined
from genesys.cli.console import duration, percent, print_json, stderr, stdout, table
from genesys.cli.judge_report import judge_json, print_judge
from genesys.cli.live import watching
from genesys.cli.options import (
    AnswerFormat,
    Json,
    Judge,
    Limit,
    SkipMalformed,
    Verifier,
    Workers,
    make_grader,
    verifier_keys,
)
from genesys.errors import ConfigurationError, MalformedRow

if TYPE_CHECKING:
    from genesys.rewards import Grader
    from genesys.rollouts.importing import Response
    from genesys.rollouts.progress import Progress
    from genesys.rollouts.scoring import ScoreSummary
    from genesys.schema import Problem


def score(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Run folders, or files (JSONL, .gz, Parquet) of problem columns with llm_response."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="For files: where scored rows go, .parquet or .jsonl.")
    ] = None,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="Problems, where rows hold a problem_id alone.")
    ] = None,
    verifier: Verifier = None,
    answer_format: AnswerFormat = None,
    judge: Judge = None,
    limit: Limit = None,
    disagreements: Annotated[
        int,
        typer.Option(
            "--disagreements", min=0, help="Show so many rows that disagree with their known score."
        ),
    ] = 0,
    skip_malformed: SkipMalformed = False,
    workers: Workers = None,
    cluster: Cluster = None,
    ray_address: RayAddress = None,
    json: Json = False,
) -> None:
    """Verify responses that exist, and compare with the scores they carry.

    A run folder gets the scores that its verifiers have yet to give; files get one row a response in --out.
    Run the same command again after an interruption: it continues. Judged tasks need --judge; what a judge
    has answered is kept and never asked again, and what it could not answer is asked by the next call.

        genesys score responses.jsonl.gz --answer-format bare --out scores.parquet
        genesys score runs/first --judge http://127.0.0.1:8000/v1
    """
    from genesys.rollouts.progress import Progress
    from genesys.rollouts.remote_place import is_remote

    runs = [path for path in paths if path.is_dir() or is_remote(path)]
    if runs and len(runs) < len(paths):
        raise ConfigurationError("run folders and files are scored apart", "Give one kind at a time.")
    if runs:
        _refuse(
            out=out,
            problems=problems,
            limit=limit,
            disagreements=disagreements,
            skip_malformed=skip_malformed,
        )
    elif out is not None and any(out.resolve() == path.resolve() for path in paths):
        raise ConfigurationError(f"--out {str(out)!r} is one of the inputs", "Name another file.")
    progress = Progress()
    place = cluster_of(cluster, ray_address)
    grader = make_grader(verifier, answer_format, workers, judge, place)
    try:
        with joined(place), watching(progress, "verdicts"):
            if runs:
                for run in runs:
                    _score_run(run, grader, progress)
            else:
                malformed: list[str] = []
                read = _responses(paths, problems, limit, malformed if skip_malformed else None)
                responses = _judgeable(read, grader)
                names = [str(path.resolve()) for path in (*paths, *([problems] if problems else ()))]
                identity = [names, verifier_keys(verifier, answer_format), limit, skip_malformed]
                summary = _score_files(responses, grader, progress, out, identity, disagreements)
    finally:
        grader.close()
    if runs:
        _report_runs(progress, json=json)
    else:
        _report_files(summary, progress, len(malformed), json=json)


def _refuse(**options: object) -> None:
    """Refuses options that say nothing of a run folder."""
    for name, value in options.items():
        if value:
            raise ConfigurationError(
                f"--{name.replace('_', '-')} is for files, and run folders were given",
                "Leave it out: a run keeps its scores in its own folder.",
            )


def _score_run(folder: Path, grader: Grader, progress: Progress) -> None:
    from genesys.rewards.judging import require_judge
    from genesys.rollouts.remote_run import opened_place
    from genesys.rollouts.run_folder import RunFolder
    from genesys.rollouts.scoring import score_completions, unscored

    with opened_place(folder) as place, RunFolder.reopen(place.folder, on_part=place.on_part) as run:
        require_judge({grader.spec_for(problem) for problem in run.reader.problems().values()})
        total, missing = unscored(run, grader)
        progress.planned += total
        progress.before += total - len(missing)
        score_completions(run, grader, missing, progress)


def _responses(
    paths: list[Path], problems: Path | None, limit: int | None, malformed: list[str] | None
) -> Iterator[Response]:
    from itertools import chain, islice

    from genesys.rollouts.importing import read_responses

    def on_malformed(error: MalformedRow) -> None:
        assert malformed is not None  # only given to the reader where there is a list
        malformed.append(error.fault)

    known = _problems_by_id(problems)
    skip = None if malformed is None else on_malformed
    read = (read_responses(path, problems=known, on_malformed=skip) for path in paths)
    return islice(chain.from_iterable(read), limit)


def _judgeable(responses: Iterator[Response], grader: Grader) -> Iterator[Response]:
    """Stops at the first response that needs a judge where there is none."""
    from genesys.rewards.judging import require_judge

    seen = set()
    for response in responses:
        if response.problem.task_type not in seen:
            seen.add(response.problem.task_type)
            require_judge([grader.spec_for(response.problem)])
        yield response


def _problems_by_id(path: Path | None) -> dict[str, Problem]:
    from genesys.envs.sources import open_problems

    return {} if path is None else {problem.problem_id: problem for problem in open_problems(path)}


def _score_files(
    responses: Iterator[Response],
    grader: Grader,
    progress: Progress,
    out: Path | None,
    settings: list[Any],
    disagreements: int,
) -> ScoreSummary:
    from genesys.rollouts.score_file import ScoreFile
    from genesys.rollouts.scoring import ScoreSummary, score_responses
    from genesys.schema import digest_of

    summary = ScoreSummary(max_disagreements=disagreements)
    target = None if out is None else ScoreFile(out, digest_of(settings, bits=128))
    try:
        score_responses(responses, grader, summary, out=target, progress=progress)
        if target is not None:
            target.finish(summary.total)
    finally:
        if target is not None:
            target.close()
    return summary


def _report_runs(progress: Progress, *, json: bool) -> None:
    if json:
        print_json(
            {
                "verified": progress.verified,
                "before": progress.before,
                "passed": progress.passed,
                "causes": dict(progress.causes),
                "judge": judge_json(),
                "seconds": round(progress.seconds, 3),
            }
        )
        return
    rows = [(name, count) for name, count in progress.causes.most_common()]
    stdout.print(table("causes of this call's verdicts", ("cause", "verdicts"), rows))
    stderr.print(
        f"{progress.verified:,} verified, {progress.before:,} were scored already, "
        f"pass rate {percent(progress.passed, progress.verified - progress.unscorable)}"
    )
    print_judge()


def _report_files(summary: ScoreSummary, progress: Progress, malformed: int, *, json: bool) -> None:
    rate = summary.total / progress.seconds
    if json:
        print_json(
            {
                "rows": summary.total,
                "rows_per_second": round(rate, 1),
                "malformed": malformed,
                "counts": [
                    {"source": source, "cause": cause or None, "verdicts": count}
                    for (source, cause), count in sorted(summary.counts.items())
                ],
                "known": summary.known.total(),
                "agreed": summary.agreed.total(),
                "known_but_unscorable": summary.unscorable.total(),
                "agreement": {
                    name: [summary.agreed[name], known] for name, known in sorted(summary.known.items())
                },
                "disagreements": summary.disagreements,
                "judge": judge_json(),
            }
        )
        return
    rows = [(source, cause or "right", count) for (source, cause), count in sorted(summary.counts.items())]
    stdout.print(table("verdicts", ("source", "cause", "rows"), rows))
    if summary.known:
        _print_agreement(summary)
    for found in summary.disagreements:
        stdout.print(found)
    skipped = f", {malformed:,} malformed rows left out" if malformed else ""
    stderr.print(f"{summary.total:,} rows in {duration(progress.seconds)}, {rate:,.0f} rows/s{skipped}")
    print_judge()


def _print_agreement(summary: ScoreSummary) -> None:
    rows = [
        (name, known, summary.agreed[name], percent(summary.agreed[name], known), summary.unscorable[name])
        for name, known in sorted(summary.known.items())
    ]
    known, agreed = summary.known.total(), summary.agreed.total()
    rows.append(("all", known, agreed, percent(agreed, known), summary.unscorable.total()))
    columns = ("source", "scored", "agree", "share", "unscorable")
    stdout.print(table("agreement with known scores", columns, rows))
