"""Published responses as a run, so that they can be scored and curated like a harvest.

Ids are the rows' own; a response that stands in the files twice counts once. The scores that rows carry are
kept under keys of their own (`published@0`), beside which any verifier of ours may score: `genesys diff`
compares the two.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from genesys.envs.sources.rows import open_file
from genesys.errors import Conflict, DataError, MalformedRow
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.importing import Response, read_responses
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_folder import RunFolder, completion_row, problem_row, score_row
from genesys.rollouts.spool import SpoolRow
from genesys.schema import Completion, Problem, Sampling, Verdict, canonical_json

TEMPLATE = "imported@1"
"""The template of an imported run: the prompt as one user turn, as far as anybody knows."""

_AT_ONCE = 1024


@dataclass(kw_only=True)
class ImportSummary:
    """What an import found.

    Attributes:
        responses: Distinct responses of the files.
        problems: Distinct problems.
        duplicates: Rows that repeat a response: same id, same text.
        malformed: Rows that did not parse and were left out.
        published: Verifier key -> scores that the rows carry.
        odd_scores: Carried scores outside [0, 1], which no verdict can hold; they were left out.
        sources: Source -> responses.
    """

    responses: int = 0
    problems: int = 0
    duplicates: int = 0
    malformed: int = 0
    published: Counter[str] = field(default_factory=Counter)
    odd_scores: int = 0
    sources: Counter[str] = field(default_factory=Counter)


def import_run(
    paths: Sequence[Path],
    out: Path,
    *,
    problems: Mapping[str, Problem] | None = None,
    model: str = "imported",
    skip_malformed: bool = False,
    spool: Path | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Imports files of responses into a run folder; a second call continues an interrupted one.

    Args:
        paths: SYNTHETIC-1 raw, OpenR1-Math-220k or common rows, as JSONL, gzip or Parquet.
        out: The run folder.
        problems: Problems by id, for rows that hold a `problem_id` alone.
        model: Who answered, for rows that do not say.
        skip_malformed: Whether rows that do not parse are counted and left out.
        spool: Local folder for the spool; None is the run folder.
        progress: Counters to watch.

    Raises:
        MalformedRow: If a row does not parse, unless `skip_malformed`.
        Conflict: If one id stands for two texts or for two problems.
        RunMismatch: If the folder holds another run.
        DataError: If the files hold no responses.
    """
    summary = ImportSummary()

    def count(_: MalformedRow) -> None:
        summary.malformed += 1

    skip: Callable[[MalformedRow], None] | None = count if skip_malformed else None
    responses = chain.from_iterable(
        read_responses(path, problems=problems, on_malformed=skip) for path in paths
    )
    with RunFolder(out, _identity(paths, model), spool=spool) as run:
        run.log("import", files=[path.name for path in paths])
        intake = _Intake(run, summary, progress or Progress(), model)
        while together := list(islice(responses, _AT_ONCE)):
            intake.take(together)
        run.log("imported", responses=summary.responses, duplicates=summary.duplicates)
    if not summary.responses:
        raise DataError(f"{', '.join(map(str, paths))} holds no responses", "Each row is one response.")
    return summary


def _identity(paths: Sequence[Path], model: str) -> RunIdentity:
    """An imported run is what its files are, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        with open_file(path) as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return RunIdentity(
        env_id="imported",
        source=f"sha256:{digest.hexdigest()}",
        template=TEMPLATE,
        model=model,
        model_revision=None,
        sampling={},
        seed=0,
    )


class _Intake:
    """Turns responses into rows: each response once, each problem once."""

    def __init__(self, run: RunFolder, summary: ImportSummary, progress: Progress, model: str) -> None:
        self._run = run
        self._summary = summary
        self._progress = progress
        self._model = model
        self._committed = run.response_ids()
        self._texts: dict[str, bytes] = {}
        self._problems: dict[str, bytes] = {}
        self._sizes: Counter[str] = Counter()

    def take(self, responses: Iterable[Response]) -> None:
        """Commits what is new of some responses, all or none."""
        rows: list[SpoolRow] = []
        fresh: list[Completion] = []
        for response in responses:
            rows += self._problem_rows(response.problem)
            if not self._is_new(response):
                self._summary.duplicates += 1
                continue
            completion = self._completion(response)
            verdicts = list(self._score_rows(response, completion))
            if completion.response_id in self._committed:
                self._progress.before += 1
                continue
            fresh.append(completion)
            rows += [_with_sampling(completion_row(response.problem, completion), response), *verdicts]
        self._run.commit(rows)
        for completion in fresh:
            self._progress.committed(completion)

    def _problem_rows(self, problem: Problem) -> Iterator[SpoolRow]:
        digest = bytes.fromhex(problem.digest)
        if problem.problem_id not in self._problems:
            self._problems[problem.problem_id] = digest
            self._summary.problems += 1
            yield problem_row(problem, [{"role": "user", "content": problem.prompt}])
        elif self._problems[problem.problem_id] != digest:
            raise Conflict(
                f"problem {problem.problem_id!r} of {problem.source!r} stands in the files with two contents",
                "Its prompt, gold or verification_info differ: give each problem an id of its own.",
            )

    def _is_new(self, response: Response) -> bool:
        """Whether a response is met for the first time; one id with two texts is a conflict."""
        digest = hashlib.sha256(response.text.encode()).digest()
        known = self._texts.setdefault(response.response_id, digest)
        if known != digest:
            raise Conflict(
                f"response {response.response_id!r} of {response.problem.source!r} stands in the files "
                "with two texts",
                "Two responses of one id cannot both be right: leave one out.",
            )
        return known is digest

    def _completion(self, response: Response) -> Completion:
        problem = response.problem
        index = self._sizes[problem.problem_id]
        self._sizes[problem.problem_id] += 1
        self._summary.sources[problem.source] += 1
        self._summary.responses += 1
        return Completion(
            response_id=response.response_id,
            problem_id=problem.problem_id,
            sample_index=index,
            text=response.text,
            finish_reason=response.finish_reason,
            prompt_tokens=response.prompt_tokens,
            completion_tokens=response.completion_tokens,
            model=response.model or self._model,
            model_revision=None,
            template=TEMPLATE,
            sampling=Sampling(),
        )

    def _score_rows(self, response: Response, completion: Completion) -> Iterator[SpoolRow]:
        for key, score in response.published.items():
            if not 0.0 <= score <= 1.0:
                self._summary.odd_scores += 1
                continue
            self._summary.published[key] += 1
            verdict = Verdict(score=score, cause=None if score == 1.0 else "wrong_answer", verifier=key)
            yield score_row(response.problem, completion.response_id, completion.text_digest, verdict)


def _with_sampling(row: SpoolRow, response: Response) -> SpoolRow:
    """The row with what its file says of the sampling: our defaults would claim what nobody said."""
    return row._replace(row={**row.row, "sampling": canonical_json(dict(response.sampling))})
