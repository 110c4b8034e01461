"""How a kind of verifier is run; one backend for each kind that does not run in the caller."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Protocol

from genesys.registry import load_target
from genesys.rewards.grading.limits import Limits
from genesys.rewards.verifier import (
    ComposedVerifier,
    ConnectedVerifier,
    QuickVerifier,
    RemoteVerifier,
    VerifierSpec,
)
from genesys.schema import Problem, Verdict

_build = lru_cache(maxsize=64)(VerifierSpec.build)


class Backend(Protocol):
    """Runs verifications on the grader's loop. Constructed as `Backend(workers=…, limits=…)`."""

    async def run(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Verifies one completion; many calls are in flight at once."""
        ...

    async def check_gold(self, spec: VerifierSpec, problem: Problem) -> str | None:
        """Why the problem's gold cannot be used, from the gold alone, or None."""
        ...

    def close(self) -> None:
        """Ends its processes and connections; called on the grader's loop."""
        ...

    def abandon(self) -> None:
        """Closes inherited file descriptors in a forked child, and touches nothing else."""
        ...


class BackendMaker(Protocol):
    """Makes the backend of a kind; `make_backend` is this machine's."""

    def __call__(self, kind: str, *, workers: int, limits: Limits) -> Backend:
        """The backend, made on the grader's loop."""
        ...


BACKENDS = {
    "worker": "genesys.rewards.grading.pool:WorkerBackend",
    "sandbox": "genesys.rewards.sandbox.pool:SandboxBackend",
    "remote": "genesys.rewards.grading.backend:RemoteBackend",
}
"""Kind of verifier -> its backend."""


def make_backend(kind: str, *, workers: int, limits: Limits) -> Backend:
    """Makes the backend of a kind."""
    backend: Backend = load_target(BACKENDS[kind])(workers=workers, limits=limits)
    return backend


class RemoteBackend:
    """Awaits verifiers that ask a server; their clients keep the limits.

    A verifier that asks another one first (`ComposedVerifier`) has that one run here, in workers of this
    backend's own, so that the thread that waits for servers never computes.
    """

    def __init__(self, *, workers: int, limits: Limits) -> None:
        self._workers = workers
        self._limits = limits
        self._verifiers: dict[str, RemoteVerifier] = {}
        self._others: dict[str, Backend] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def run(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Awaits the verifier's `averify`."""
        verifier = self._verifier(spec)
        if isinstance(verifier, ComposedVerifier):
            return await verifier.averify_with(problem, text, self._elsewhere)
        return await verifier.averify(problem, text)

    async def check_gold(self, spec: VerifierSpec, problem: Problem) -> str | None:
        """Asks the verifier, which needs no server for that."""
        return self._verifier(spec).check_gold(problem)

    def _verifier(self, spec: VerifierSpec) -> RemoteVerifier:
        if spec.key not in self._verifiers:
            verifier = spec.build()
            if not isinstance(verifier, RemoteVerifier):
                raise TypeError(f"{spec.key} is of kind 'remote' but has no averify")
            self._verifiers[spec.key] = verifier
        return self._verifiers[spec.key]

    async def _elsewhere(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Runs another verifier: here what it decides quickly, the rest by the backend of its kind."""
        verifier = _build(spec)
        if verifier.kind == "inline":
            return verifier.verify(problem, text)
        verdict = verifier.quick(problem, text) if isinstance(verifier, QuickVerifier) else None
        if verdict is not None:
            return verdict
        if verifier.kind not in self._others:
            self._others[verifier.kind] = make_backend(
                verifier.kind, workers=self._workers, limits=self._limits
            )
        return await self._others[verifier.kind].run(spec, problem, text)

    def close(self) -> None:
        """Ends its workers, and closes connections in a task that the loop completes before it ends."""
        for other in self._others.values():
            other.close()
        for verifier in self._verifiers.values():
            if isinstance(verifier, ConnectedVerifier):
                self._closing.add(asyncio.get_running_loop().create_task(verifier.aclose()))
        self._others.clear()
        self._verifiers.clear()

    def abandon(self) -> None:
        """Lets go of workers; connections belong to clients, which a forked child does not touch."""
        for other in self._others.values():
            other.abandon()
