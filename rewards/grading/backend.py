"""How a kind of verifier is run; one backend for each kind that does not run in the caller."""

from __future__ import annotations

from typing import Protocol

from genesys.registry import load_target
from genesys.rewards.grading.limits import Limits
from genesys.rewards.verifier import RemoteVerifier, VerifierSpec
from genesys.schema import Problem, Verdict


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
    """Awaits verifiers that ask a server; their clients keep the limits."""

    def __init__(self, *, workers: int, limits: Limits) -> None:
        self._verifiers: dict[str, RemoteVerifier] = {}

    async def run(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Awaits the verifier's `averify`."""
        return await self._verifier(spec).averify(problem, text)

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

    def close(self) -> None:
        """Forgets the verifiers."""
        self._verifiers.clear()

    def abandon(self) -> None:
        """Nothing to close: connections belong to the verifiers' clients."""
