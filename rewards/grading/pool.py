"""The worker pool: verifications that may be slow, each in a process that can be killed.

Whose fault a limit is decides the verdict. A worker that runs out of CPU time or memory over a gold which
a fresh worker checks within the same limits met a wrong answer (`answer_too_complex`); over a gold that
it cannot check either, a `bad_gold`. What is neither's fault is unscorable, and may be tried again: a machine
that stalls, a worker that somebody killed or the system took for want of memory.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from genesys.errors import VerifierError
from genesys.rewards.grading.limits import Limits
from genesys.rewards.grading.process import LimitExceeded, Nursery, WorkerDied, WorkerProcess
from genesys.rewards.verifier import VerifierSpec
from genesys.schema import Problem, Verdict

logger = logging.getLogger(__name__)

_REMEMBERED_GOLDS = 10_000


class WorkerBackend:
    """Runs verifiers of kind `worker` in a pool of processes.

    No process exists until the first verification needs one.

    Args:
        workers: Most processes at a time.
        limits: What one verification may take.
    """

    def __init__(self, *, workers: int, limits: Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(workers)
        self._gold_slots = asyncio.Semaphore(1)  # a harvest's plan need not queue behind its verdicts
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._nursery: Nursery | None = None
        self._starting = asyncio.Lock()
        self._golds: OrderedDict[tuple[str, str], str | None] = OrderedDict()

    async def run(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Verifies in a worker, and decides whose fault it is when that is killed."""
        job = _job("verify", spec, problem, text)
        for last_try in (False, True):
            try:
                answer = await self._ask(spec, job, self._slots)
            except LimitExceeded as exceeded:
                if exceeded.limit == "cpu":
                    return await self._blame(spec, problem, "cpu")
            except WorkerDied as died:
                if last_try and not died.killed:
                    return await self._blame(spec, problem, "crash")
            else:
                if "limit" in answer:
                    return await self._blame(spec, problem, answer["limit"])
                return _verdict(answer)
        return Verdict.unscorable("verifier_failed", error="workers stalled or were killed, twice")

    async def _blame(self, spec: VerifierSpec, problem: Problem, limit: str) -> Verdict:
        reason = await self.check_gold(spec, problem)
        if reason is None:
            return Verdict.wrong("answer_too_complex", limit=limit)
        return Verdict.unscorable("bad_gold", reason=reason)

    async def check_gold(self, spec: VerifierSpec, problem: Problem) -> str | None:
        """Why the gold cannot be used: the verifier's reason, or that checking it exceeds the limits.

        Raises:
            VerifierError: If the gold could not be checked, which is not the gold's fault.
        """
        key = (spec.key, problem.digest)
        if key not in self._golds:
            self._golds[key] = await self._judge_gold(spec, problem)
            while len(self._golds) > _REMEMBERED_GOLDS:
                self._golds.popitem(last=False)
        return self._golds[key]

    async def _judge_gold(self, spec: VerifierSpec, problem: Problem) -> str | None:
        too_much = "checking the gold alone exceeds the limits"
        try:
            answer = await self._ask(spec, _job("check_gold", spec, problem, ""), self._gold_slots)
        except LimitExceeded as exceeded:
            if exceeded.limit == "cpu":
                return too_much
            raise VerifierError(f"the worker stalled over the gold of {problem.problem_id!r}") from None
        except WorkerDied as died:
            if not died.killed:
                return too_much
            raise VerifierError(f"the worker was killed over the gold of {problem.problem_id!r}") from None
        if "error" in answer:
            raise VerifierError(
                f"{spec.key} cannot check the gold of {problem.problem_id!r}: {answer['error']}"
            )
        reason: str | None = too_much if "limit" in answer else answer["ok"]
        return reason

    async def _ask(self, spec: VerifierSpec, job: dict[str, Any], slots: asyncio.Semaphore) -> dict[str, Any]:
        async with slots:
            worker = await self._take(spec)
            self._busy.add(worker)
            try:
                if spec.key not in worker.prepared:
                    await worker.ask({**job, "op": "prepare"})
                    worker.prepared.add(spec.key)
                answer = await worker.ask(job, self._limits)
            except WorkerDied as died:
                died.killed = await self._was_killed(worker)
                self._discard(worker)
                raise
            except BaseException:  # a cancelled caller's worker is in the middle of something: end it too
                self._discard(worker)
                raise
            self._busy.discard(worker)
            if "limit" in answer or worker.jobs >= self._limits.jobs:
                self._discard(worker)
            else:
                self._idle.append(worker)
            return answer

    async def _was_killed(self, worker: WorkerProcess) -> bool:
        if self._nursery is None:
            return True
        try:
            return await self._nursery.was_killed(worker.pid)
        except OSError:
            return True  # the nursery was killed, and its workers with it

    async def _take(self, spec: VerifierSpec) -> WorkerProcess:
        if self._idle:
            return self._idle.pop()
        module = spec.target.partition(":")[0]
        nursery = await self._running_nursery()
        try:
            return await self._fork(nursery, module)
        except OSError:
            logger.warning("the process that forks grader workers ended; starting another")
            if self._nursery is nursery:  # else another caller has met the same and made a new one
                self._nursery = None
                nursery.close()
        return await self._fork(await self._running_nursery(), module)

    async def _running_nursery(self) -> Nursery:
        async with self._starting:  # the first verifications come together; one nursery serves them all
            if self._nursery is None:
                self._nursery = await asyncio.to_thread(Nursery, self._limits.memory_bytes)
            return self._nursery

    async def _fork(self, nursery: Nursery, module: str) -> WorkerProcess:
        """Forks a worker; where the caller is cancelled meanwhile, the next one gets it."""
        fork = asyncio.ensure_future(nursery.fork(module))
        try:
            return await asyncio.shield(fork)
        except asyncio.CancelledError:
            fork.add_done_callback(self._keep)
            raise

    def _keep(self, fork: asyncio.Future[WorkerProcess]) -> None:
        if not fork.cancelled() and fork.exception() is None:
            self._idle.append(fork.result())

    def _discard(self, worker: WorkerProcess) -> None:
        self._busy.discard(worker)
        if self._nursery is not None:
            self._nursery.kill(worker.pid)
        worker.close()

    def close(self) -> None:
        """Ends the nursery and all workers."""
        for worker in [*self._idle, *self._busy]:
            worker.close()
        self._idle.clear()
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def abandon(self) -> None:
        """In a forked child: lets go of the sockets, so that the parent's end is still the end."""
        fds = [worker.fd for worker in (*self._idle, *self._busy)]
        for fd in [*fds, *([self._nursery.fd] if self._nursery else [])]:
            with suppress(OSError):
                os.close(fd)


def _job(op: str, spec: VerifierSpec, problem: Problem, text: str) -> dict[str, Any]:
    return {"op": op, "spec": vars(spec), "problem": problem.to_row(), "text": text}


def _verdict(answer: dict[str, Any]) -> Verdict:
    if "error" in answer:
        return Verdict.unscorable("verifier_failed", error=answer["error"])
    return Verdict(**answer["ok"], cost={"cpu_seconds": answer["cpu"]})
