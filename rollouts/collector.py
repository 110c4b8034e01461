"""The collector: environment -> messages -> sampler -> run folder, verified alongside.

It never samples what is committed: each response has an id that follows from what it depends on, and a
call asks for the ids that are missing. The same command, run again after any interruption, continues.
"""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from genesys.envs.sources.source import ProblemSource
from genesys.errors import ConfigurationError, DataError
from genesys.rewards import Grader
from genesys.rewards import grader as process_grader
from genesys.rollouts.identity import response_ids, sample_seed, sampling_of
from genesys.rollouts.progress import Progress
from genesys.rollouts.recorder import Recorded, Recorder
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.sampler import Sample, Sampler, SampleRequest
from genesys.rollouts.shard import Shard
from genesys.schema import Completion, Problem

_PLANNED_AT_ONCE = 32


class Environment(Protocol):
    """What the collector needs of an environment: problems and the messages they are put as."""

    template: str

    @property
    def problems(self) -> ProblemSource:
        """The problems, in a deterministic order."""
        ...

    def messages(self, problem: Problem) -> Sequence[Mapping[str, str]]:
        """The chat messages of a problem."""
        ...


@dataclass(frozen=True, kw_only=True)
class CollectSettings:
    """How much to collect, and how.

    Attributes:
        n: Completions a problem; may grow from one call to the next.
        limit: Only the first so many problems, or all.
        concurrency: Requests in flight at most.
        verify: Whether completions are verified alongside.
        on_bad_gold: "skip" leaves out and counts problems whose gold cannot be verified; "fail" stops.
        shard: Only this shard's problems of the plan, or all.
    """

    n: int = 1
    limit: int | None = None
    concurrency: int = 256
    verify: bool = True
    on_bad_gold: str = "skip"
    shard: Shard | None = None

    def __post_init__(self) -> None:
        for name in ("n", "concurrency"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"--{name} must be at least 1, not {getattr(self, name)}")
        if self.on_bad_gold not in ("skip", "fail"):
            raise ConfigurationError(f"--on-bad-gold must be 'skip' or 'fail', not {self.on_bad_gold!r}")


@dataclass(frozen=True, slots=True)
class _Unit:
    """One problem with the samples of it that are missing."""

    problem: Problem
    messages: Sequence[Mapping[str, str]]
    ids: Mapping[int, str]
    """Sample index -> response id."""


class Collector:
    """Harvests one run.

    Args:
        environment: Serves problems and messages.
        sampler: Samples.
        run: The run folder, open for writing.
        settings: How much and how.
        progress: Updated as it goes; make one to watch.
        grader: Verifies; the grader of the process by default.
    """

    def __init__(
        self,
        environment: Environment,
        sampler: Sampler,
        run: RunFolder,
        settings: CollectSettings,
        *,
        progress: Progress | None = None,
        grader: Grader | None = None,
    ) -> None:
        self._environment = environment
        self._sampler = sampler
        self._run = run
        self._settings = settings
        self._grader = grader or process_grader()
        self.progress = progress or Progress()

    async def collect(self) -> Progress:
        """Samples everything that is missing, and returns the counters.

        On cancellation and on errors what has arrived is committed before this ends.

        Raises:
            SamplerError: If the sampler cannot go on.
            StorageError: If the disk refuses.
            DataError: If a gold is bad and the settings say "fail".
        """
        settings = self._settings
        grader = self._grader if settings.verify else None
        self.progress.planned = settings.n * min(
            len(self._environment.problems), settings.limit or sys.maxsize
        )
        recorder = Recorder(self._run, grader, self.progress)
        plan = self._plan()
        try:
            await self._sample_all(plan, recorder)
        except BaseException:
            recorder.hurry()
            raise
        finally:
            await _close(recorder)
        return self.progress

    def _plan(self) -> Iterator[_Unit]:
        """Problems in the environment's order, each with what is missing of it."""
        committed = self._run.response_ids()
        indices = range(self._settings.n)
        shard = self._settings.shard
        for problem in islice(self._environment.problems, self._settings.limit):
            if shard is not None and not shard.holds(problem.problem_id):
                self.progress.planned -= self._settings.n
                continue
            messages = self._environment.messages(problem)
            ids = dict(
                zip(indices, response_ids(self._run.identity, problem, messages, indices), strict=True)
            )
            missing = {index: name for index, name in ids.items() if name not in committed}
            self.progress.before += len(ids) - len(missing)
            if missing and not self._is_bad(problem):
                yield _Unit(problem, messages, missing)

    def _is_bad(self, problem: Problem) -> bool:
        if not self._settings.verify:
            return False
        if self._grader.spec_for(problem) is None:
            raise ConfigurationError(
                f"no verifier serves the task type {problem.task_type!r} of problem {problem.problem_id!r}",
                "Name one with --verifier, or collect with --no-verify.",
            )
        reason = self._grader.check_gold(problem)
        if reason is None:
            return False
        if self._settings.on_bad_gold == "fail":
            raise DataError(
                f"problem {problem.problem_id!r} of {problem.source!r} has a bad gold: {reason}",
                "Repair or drop it, or leave such problems out with --on-bad-gold skip.",
            )
        self.progress.bad_golds += 1
        self._run.log("bad_gold", problem_id=problem.problem_id, reason=reason)
        return True

    async def _sample_all(self, plan: Iterator[_Unit], recorder: Recorder) -> None:
        """Keeps a bounded number of requests in flight; the first failure ends them all."""
        slots = asyncio.Semaphore(self._settings.concurrency)
        try:
            async with asyncio.TaskGroup() as group:
                # Planning checks golds, which may wait for a worker: off the loop, some problems at a time.
                while units := await asyncio.to_thread(lambda: list(islice(plan, _PLANNED_AT_ONCE))):
                    for unit in units:
                        await slots.acquire()
                        task = group.create_task(self._sample(unit, recorder))
                        task.add_done_callback(lambda _: slots.release())
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    async def _sample(self, unit: _Unit, recorder: Recorder) -> None:
        seed = self._run.identity.seed
        request = SampleRequest(
            problem_id=unit.problem.problem_id,
            messages=tuple(unit.messages),
            sample_indices=tuple(unit.ids),
            seeds=tuple(sample_seed(seed, unit.problem.problem_id, index) for index in unit.ids),
        )
        async for sample in self._sampler.sample(request):
            if sample.finish_reason == "error":
                self.progress.failed += 1
                self._run.log("sample_failed", problem_id=sample.problem_id, index=sample.sample_index)
                continue
            item = Recorded.fresh(unit.problem, unit.messages, self._completion(sample, unit))
            if not recorder.offer(item):
                await asyncio.to_thread(recorder.put, item)

    def _completion(self, sample: Sample, unit: _Unit) -> Completion:
        identity = self._run.identity
        return Completion(
            response_id=unit.ids[sample.sample_index],
            problem_id=unit.problem.problem_id,
            sample_index=sample.sample_index,
            text=sample.text,
            finish_reason=sample.finish_reason,
            prompt_tokens=sample.prompt_tokens,
            completion_tokens=sample.completion_tokens,
            model=identity.model,
            model_revision=identity.model_revision,
            template=identity.template,
            sampling=sampling_of(
                identity, sample_seed(identity.seed, sample.problem_id, sample.sample_index)
            ),
            token_ids=sample.token_ids,
            logprobs=sample.logprobs,
            started_at=sample.started_at,
            seconds=sample.seconds,
            host=platform.node(),
        )


async def _close(recorder: Recorder) -> None:
    """Waits for the recorder's end, however often the caller is cancelled meanwhile: its thread uses the run."""
    closing = asyncio.ensure_future(asyncio.to_thread(recorder.close))
    cancelled: asyncio.CancelledError | None = None
    while not closing.done():
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError as error:
            cancelled = error
            recorder.hurry()
    closing.result()
    if cancelled is not None:
        raise cancelled


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure itself: one clear error, and not a tree of them."""
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
