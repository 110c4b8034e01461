"""The collector: environment -> messages -> sampler -> run folder, verified alongside.

It never samples what is committed: each response has an id that follows from what it depends on, and a
call asks for the ids that are missing. The same command, run again after any interruption, continues.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from genesys.errors import ConfigurationError
from genesys.rewards import Grader
from genesys.rewards import grader as process_grader
from genesys.rollouts.budgets import Budget, BudgetWatch, Spent, spent_by
from genesys.rollouts.planning import Environment, Plan, ProblemPlan, Unit
from genesys.rollouts.progress import Progress
from genesys.rollouts.recorder import Recorder
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.sampler import Sampler
from genesys.rollouts.shard import Shard
from genesys.rollouts.tallies import StoppingRule
from genesys.rollouts.unit_work import UnitWork

_PLANNED_AT_ONCE = 32


@dataclass(frozen=True, kw_only=True)
class CollectSettings:
    """How much to collect, and how.

    Attributes:
        n: Completions a problem at most; may grow from one call to the next.
        limit: Only the first so many problems, or all.
        shard: Only this shard's problems of the plan, or all.
        concurrency: Requests in flight at most.
        verify: Whether completions are verified alongside.
        on_bad_gold: "skip" leaves out and counts problems whose gold cannot be verified; "fail" stops.
        stop: When a problem has enough before its n; needs verification.
        budget: When the whole call has had enough.
        opening: What the assistant's turn begins with (`SampleRequest.opening`).
    """

    n: int = 1
    limit: int | None = None
    shard: Shard | None = None
    concurrency: int = 256
    verify: bool = True
    on_bad_gold: str = "skip"
    stop: StoppingRule | None = None
    budget: Budget = field(default_factory=Budget)
    opening: str = ""

    def __post_init__(self) -> None:
        for name in ("n", "concurrency"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"--{name} must be at least 1, not {getattr(self, name)}")
        if self.on_bad_gold not in ("skip", "fail"):
            raise ConfigurationError(f"--on-bad-gold must be 'skip' or 'fail', not {self.on_bad_gold!r}")
        if self.stop is not None and not self.verify:
            raise ConfigurationError(
                "--until-correct and --until-pair go by verdicts, and --no-verify makes none"
            )


class Collector:
    """Harvests one run.

    Args:
        environment: Serves problems and messages; None where a plan is given.
        sampler: Samples.
        run: The run folder, open for writing.
        settings: How much and how.
        progress: Updated as it goes; make one to watch.
        grader: Verifies; the grader of the process by default.
        plan: What to do, where it is not the environment's problems: truncated samples to continue.
    """

    def __init__(
        self,
        environment: Environment | None,
        sampler: Sampler,
        run: RunFolder,
        settings: CollectSettings,
        *,
        progress: Progress | None = None,
        grader: Grader | None = None,
        plan: Plan | None = None,
    ) -> None:
        self._sampler = sampler
        self._run = run
        self._settings = settings
        self._grader = grader or process_grader()
        self.progress = progress or Progress()
        self._plan = plan or self._problem_plan(environment)

    def _problem_plan(self, environment: Environment | None) -> Plan:
        if environment is None:
            raise ConfigurationError("a collector needs an environment or a plan")
        settings = self._settings
        return ProblemPlan(
            environment,
            self._run,
            n=settings.n,
            limit=settings.limit,
            shard=settings.shard,
            on_bad_gold=settings.on_bad_gold,
            grader=self._grader if settings.verify else None,
            progress=self.progress,
            with_tallies=settings.stop is not None,
        )

    async def collect(self) -> Progress:
        """Samples everything that is missing, until a budget is reached, and returns the counters.

        On cancellation and on errors what has arrived is committed before this ends.

        Raises:
            SamplerError: If the sampler cannot go on.
            StorageError: If the disk refuses.
            DataError: If a gold is bad and the settings say "fail".
        """
        settings = self._settings
        self.progress.planned = self._plan.planned
        budget = settings.budget
        counts_all = (budget.completions, budget.tokens, budget.cost) != (None, None, None)
        spent = spent_by(self._run.reader) if counts_all or budget.prices.known else Spent()
        watch = BudgetWatch(budget, spent)
        recorder = Recorder(self._run, self._grader if settings.verify else None, self.progress)
        work = UnitWork(
            self._sampler,
            self._run,
            recorder,
            watch,
            self.progress,
            stop=settings.stop,
            opening=settings.opening,
            concurrency=settings.concurrency,
        )
        try:
            await self._sample_all(self._plan.units(), work, watch)
        except BaseException:
            recorder.hurry()
            raise
        finally:
            await _close(recorder)
            self.progress.cost = watch.cost
        return self.progress

    async def _sample_all(self, plan: Iterator[Unit], work: UnitWork, watch: BudgetWatch) -> None:
        """Keeps a bounded number of requests in flight; the first failure ends them all."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            async with asyncio.TaskGroup() as group:
                async for unit in _units(plan):
                    if not await self._may_go_on(work, watch):
                        break
                    task = group.create_task(work.do(unit))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                if self.progress.stopped_by and self._settings.budget.grace is not None:
                    group.create_task(_cancel_after(self._settings.budget.grace, frozenset(tasks)))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None

    async def _may_go_on(self, work: UnitWork, watch: BudgetWatch) -> bool:
        """Waits for room for one more request; False once a budget is reached."""
        has_slot = False
        with suppress(TimeoutError):
            async with asyncio.timeout(watch.seconds_left):
                has_slot = await work.slots.acquire()
        self.progress.cost = watch.cost
        self.progress.stopped_by = self.progress.stopped_by or watch.reached()
        if self.progress.stopped_by and has_slot:
            work.slots.release()  # units on their way may want it for another round
        return self.progress.stopped_by is None


async def _units(plan: Iterator[Unit]) -> AsyncIterator[Unit]:
    """The units of a plan; planning checks golds, which may wait for a worker: off the loop, some at a time."""
    while units := await asyncio.to_thread(lambda: list(islice(plan, _PLANNED_AT_ONCE))):
        for unit in units:
            yield unit


async def _cancel_after(seconds: float, tasks: frozenset[asyncio.Task[None]]) -> None:
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()


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
