"""Verifying responses that exist: runs, and files of published raw rows."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from genesys.rewards import Grader
from genesys.rewards.thresholds import passes
from genesys.rollouts.importing import Response
from genesys.rollouts.progress import Progress
from genesys.rollouts.recorder import Recorded, Recorder
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.run_reader import KEYS, key_of, may_retry
from genesys.rollouts.score_file import ScoreFile
from genesys.schema import Problem, Verdict, canonical_json, digest_of, text_digest

T = TypeVar("T")

_WINDOW = 4096
_COMMIT_EVERY = 1024
_COMMIT_SECONDS = 2.0


def verified(
    items: Iterable[T],
    question: Callable[[T], tuple[Problem, str]],
    grader: Grader,
    on_verdict: Callable[[T, Verdict], None] = lambda item, verdict: None,
) -> Iterator[tuple[T, Verdict]]:
    """Verifies a stream, in its order, thousands ahead: one slow answer keeps nobody else waiting.

    Args:
        items: What is verified.
        question: The problem and the text of an item.
        grader: Verifies.
        on_verdict: Called in this thread with each verdict as soon as it is there, whatever its turn.
    """
    waiting: deque[tuple[T, Future[Verdict]]] = deque()
    finished: SimpleQueue[tuple[T, Future[Verdict]]] = SimpleQueue()

    def take_one(*, block: bool) -> bool:
        try:
            item, future = finished.get(block)
        except Empty:
            return False
        on_verdict(item, future.result())
        return True

    def ready() -> Iterator[tuple[T, Verdict]]:
        while waiting and waiting[0][1].done():
            first, future = waiting.popleft()
            yield first, future.result()

    left = 0
    for item in items:
        future = grader.submit(*question(item))
        future.add_done_callback(partial(_announce, finished, item))
        waiting.append((item, future))
        left += 1
        while left and take_one(block=len(waiting) >= _WINDOW and not waiting[0][1].done()):
            left -= 1
        yield from ready()
    for _ in range(left):
        take_one(block=True)
        yield from ready()
    yield from ready()


def _announce(finished: SimpleQueue[tuple[T, Future[Verdict]]], item: T, future: Future[Verdict]) -> None:
    finished.put((item, future))


@dataclass(kw_only=True)
class ScoreSummary:
    """What a scoring found.

    Attributes:
        counts: (source, cause) -> verdicts; "" is the cause of full scores.
        known: Source -> responses that carry a score of somebody else and have one here.
        unscorable: Source -> responses that carry a score and have none here: neither agreed nor not.
        agreed: Source -> of these, how many pass or fail here as they do there.
        disagreements: The first that do not, in detail.
        max_disagreements: How many of these to keep.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    unscorable: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    disagreements: list[dict[str, Any]] = field(default_factory=list)
    max_disagreements: int = 0

    @property
    def total(self) -> int:
        """Verdicts counted."""
        return self.counts.total()

    def add(self, response: Response, verdict: Verdict) -> None:
        """Counts one verdict, and compares it with the known score.

        Two scores agree when both pass or both fail the task type's threshold: others' scores include
        0.01 and 0.999.
        """
        problem = response.problem
        self.counts[problem.source, verdict.cause or ""] += 1
        if response.known_score is None:
            return
        if verdict.score is None:
            self.unscorable[problem.source] += 1
            return
        self.known[problem.source] += 1
        if passes(problem.task_type, verdict.score) == passes(problem.task_type, response.known_score):
            self.agreed[problem.source] += 1
        elif len(self.disagreements) < self.max_disagreements:
            self.disagreements.append(_disagreement(response, verdict))


def _disagreement(response: Response, verdict: Verdict) -> dict[str, Any]:
    return {
        "source": response.problem.source,
        "response_id": response.response_id,
        "problem_id": response.problem.problem_id,
        "gold": str(response.problem.verification_info.get("ground_truth"))[:200],
        "answer_end": response.text[-200:],
        "known_score": response.known_score,
        "score": verdict.score,
        "cause": verdict.cause,
        "info": dict(verdict.info),
    }


def score_responses(
    responses: Iterable[Response],
    grader: Grader,
    summary: ScoreSummary,
    *,
    out: ScoreFile | None = None,
    progress: Progress | None = None,
) -> None:
    """Verifies a stream of responses into a file, a summary, or both.

    Rows that the file holds already are counted from it and not verified again.
    """
    progress = progress or Progress()
    places: Iterable[tuple[int, Response]] = enumerate(responses)
    if out is not None:
        places = _without_done(places, out, summary, progress)
    writer = _Writer(out)

    def on_verdict(item: tuple[int, Response], verdict: Verdict) -> None:
        progress.verified_one(item[1].problem, verdict)
        writer.put(item[0], _row(item[1], verdict))

    try:
        for (_, one), verdict in verified(places, _question, grader, on_verdict):
            summary.add(one, verdict)
    finally:
        writer.commit()


def _question(item: tuple[int, Response]) -> tuple[Problem, str]:
    return item[1].problem, item[1].text


class _Writer:
    """Makes scored rows durable, many at a time where they come fast, soon where each takes seconds."""

    def __init__(self, out: ScoreFile | None) -> None:
        self._out = out
        self._pending: list[tuple[int, dict[str, Any]]] = []
        self._committed = time.monotonic()

    def put(self, place: int, row: dict[str, Any]) -> None:
        self._pending.append((place, row))
        if len(self._pending) >= _COMMIT_EVERY or time.monotonic() - self._committed > _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        if self._out is not None:
            self._out.commit(self._pending)
        self._pending = []
        self._committed = time.monotonic()


def _without_done(
    places: Iterable[tuple[int, Response]], out: ScoreFile, summary: ScoreSummary, progress: Progress
) -> Iterator[tuple[int, Response]]:
    for place, response in places:
        verdict = out.done.get(place, {}).get(_identity(response))
        if verdict is None:  # not verified yet, or the input was edited meanwhile
            yield place, response
        else:
            summary.add(response, verdict)
            progress.before += 1


def unscored(run: RunFolder, grader: Grader) -> tuple[int, set[str]]:
    """How many completions a run has, and the ids of those that its verifiers have yet to score.

    Verdicts whose cause may pass, an unreachable judge's, are to be made again.
    """
    problems = run.reader.problems()
    specs = {name: grader.spec_for(problem) for name, problem in problems.items()}
    scored = _ScoredKeys(run)
    total, missing = 0, set()
    for batch in run.reader.batches(
        "completions", ["problem_id", "response_id", "problem_digest", "text_digest"]
    ):
        total += batch.num_rows
        for row in batch.to_pylist():
            spec = specs.get(row["problem_id"]) or grader.spec_for(problems[row["problem_id"]])
            if spec is None or not scored.has(row, spec.key):
                missing.add(row["response_id"])
    return total, missing


def score_completions(run: RunFolder, grader: Grader, response_ids: set[str], progress: Progress) -> None:
    """Verifies completions of a run and commits their scores.

    Args:
        run: The run folder, open for writing.
        grader: Verifies.
        response_ids: Which completions.
        progress: Updated as it goes.
    """
    if not response_ids:
        return  # and the long texts are not read
    problems = run.reader.problems()
    recorder = Recorder(run, grader, progress)
    try:
        for batch in run.reader.batches("completions", ["response_id", "problem_id", "text_digest", "text"]):
            for row in batch.to_pylist():
                if row["response_id"] in response_ids:
                    problem = problems[row.pop("problem_id")]
                    recorder.put(Recorded(problem=problem, **row))
    finally:
        recorder.close()


class _ScoredKeys:
    """What each verifier has scored, read when it is first asked for."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._keys: dict[str, set[str]] = {}

    def has(self, row: dict[str, Any], verifier: str) -> bool:
        if verifier not in self._keys:
            self._keys[verifier] = self._read(verifier)
        return key_of("scores", {**row, "verifier": verifier}) in self._keys[verifier]

    def _read(self, verifier: str) -> set[str]:
        columns = [*KEYS["scores"], "cause"]
        batches = self._run.reader.batches("scores", columns, verifier)
        rows = (row for batch in batches for row in batch.to_pylist())
        return {key_of("scores", row) for row in rows if not may_retry(row["cause"])}


def _row(response: Response, verdict: Verdict) -> dict[str, Any]:
    return {
        "response_id": response.response_id,
        "problem_id": response.problem.problem_id,
        "task_type": response.problem.task_type,
        "score": verdict.score,
        "cause": verdict.cause,
        "verifier": verdict.verifier,
        "verification_result_info": canonical_json(verdict.info),
        "identity": _identity(response),
    }


def _identity(response: Response) -> str:
    """What a stored verdict is of: another id, text or gold at its place never inherits it."""
    return digest_of(response.response_id, response.problem.digest, text_digest(response.text), bits=128)
