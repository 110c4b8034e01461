"""Workers for many callers, and the grader's backend for verifiers of kind `sandbox`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, runtime_checkable

from genesys.errors import ConfigurationError
from genesys.rewards.grading.limits import Limits
from genesys.rewards.sandbox.build import Builder
from genesys.rewards.sandbox.client import Worker
from genesys.rewards.sandbox.levels import open_worker
from genesys.rewards.sandbox.session import Session
from genesys.rewards.sandbox.unavailable import SandboxFault, SandboxUnavailable, ToolchainMissing
from genesys.rewards.verifier import Verifier, VerifierSpec
from genesys.schema import Problem, Verdict

logger = logging.getLogger(__name__)


@runtime_checkable
class SandboxVerifier(Verifier, Protocol):
    """A verifier that runs programs in a sandbox that it is given."""

    def verify_in(self, session: Session, problem: Problem, text: str) -> Verdict:
        """What `verify` does, with a sandbox of the caller's."""
        ...


class Pool:
    """Workers that are started when they are needed and kept for the next; for many threads.

    Args:
        level: Isolation level by name; None takes the strongest that holds.
    """

    def __init__(self, level: str | None = None) -> None:
        self._level = level
        self._builder = Builder()
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._refusal: SandboxUnavailable | None = None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A sandbox for one verification.

        Raises:
            SandboxUnavailable: If no level holds on this machine; it is not tried again.
        """
        worker = self._take()
        try:
            yield Session(worker, self._builder)
        finally:
            with self._lock:
                if worker.closed:
                    self._all.discard(worker)
                else:
                    self._idle.append(worker)

    def _take(self) -> Worker:
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if self._idle:
                return self._idle.pop()
        try:
            worker = open_worker(self._level)
        except SandboxUnavailable as refusal:
            self._refusal = refusal
            raise
        with self._lock:
            self._all.add(worker)
        return worker

    def close(self) -> None:
        """Ends all workers and what runs on them."""
        with self._lock:
            workers, self._all, self._idle = self._all, set(), []
        for worker in workers:
            worker.close()

    def abandon(self) -> None:
        """In a forked child: lets go of the parent's workers."""
        for worker in self._all:
            worker.abandon()
        self._all, self._idle = set(), []


def verify_in_pool(pool: Pool, verifier: SandboxVerifier, problem: Problem, text: str) -> Verdict:
    """Verifies a completion; a fault of the sandbox is met with one more try.

    Raises:
        SandboxUnavailable: If no isolation level holds; nothing is ever run without.
    """
    fault = ""
    for _ in range(2):
        try:
            with pool.session() as session:
                return verifier.verify_in(session, problem, text)
        except ToolchainMissing as missing:
            return Verdict.unscorable("toolchain_missing", reason=missing.fault, remedy=missing.remedy or "")
        except SandboxFault as error:
            fault = error.fault
            logger.warning("the sandbox failed: %s", fault)
    return Verdict.unscorable("sandbox_unavailable", reason="the sandbox failed twice")


def verify_many(
    pool: Pool, verifier: SandboxVerifier, problems: Sequence[Problem], texts: Sequence[str], *, workers: int
) -> list[Verdict]:
    """Verifies completions on some workers of a pool; verdicts come in the order of the texts."""
    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(partial(verify_in_pool, pool, verifier), problems, texts))


class SandboxBackend:
    """Runs verifiers of kind `sandbox`: a thread for each worker, a worker for each core.

    Args:
        workers: Most programs at a time.
        limits: The grader's limits of worker processes; programs have their own.
        level: Isolation level by name; None takes the strongest that holds.
    """

    def __init__(self, *, workers: int, limits: Limits, level: str | None = None) -> None:
        self._pool = Pool(level)
        # The interpreter's exit waits for all that an executor has accepted: no more than can run.
        self._slots = asyncio.Semaphore(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="genesys-sandbox")
        self._verifiers: dict[str, SandboxVerifier] = {}

    async def run(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Verifies in a thread of its own, so that the loop waits for no program."""
        loop = asyncio.get_running_loop()
        verifier = self._verifier(spec)
        async with self._slots:
            return await loop.run_in_executor(
                self._threads, verify_in_pool, self._pool, verifier, problem, text
            )

    async def check_gold(self, spec: VerifierSpec, problem: Problem) -> str | None:
        """Asks the verifier, which runs nothing for that."""
        return self._verifier(spec).check_gold(problem)

    def _verifier(self, spec: VerifierSpec) -> SandboxVerifier:
        if spec.key not in self._verifiers:
            verifier = spec.build()
            if not isinstance(verifier, SandboxVerifier):
                raise ConfigurationError(f"{spec.key} is of kind 'sandbox' but has no verify_in")
            self._verifiers[spec.key] = verifier
        return self._verifiers[spec.key]

    def close(self) -> None:
        """Ends the workers, and with them what they run."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()

    def abandon(self) -> None:
        """In a forked child: lets go of the parent's workers."""
        self._pool.abandon()
