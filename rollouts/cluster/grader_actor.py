"""What runs in an actor of the cluster: one grader, with the worker processes of its node."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from genesys.rewards import Grader
from genesys.rewards.grading.limits import Limits
from genesys.rewards.verifier import VerifierSpec
from genesys.rollouts.cluster.staying_actor import StayingActor
from genesys.schema import Problem, Verdict

_DECIDING = ("genesys-rl", "math-verify", "latex2sympy2_extended", "sympy")


@dataclass(frozen=True)
class GraderDescription:
    """The versions of what decides a verdict."""

    versions: dict[str, str | None]

    def differences(self, other: GraderDescription) -> list[str]:
        """What differs, in words."""
        return [
            f"{name}: {mine}, and there {other.versions[name]}"
            for name, mine in self.versions.items()
            if mine != other.versions[name]
        ]


class GraderActor(StayingActor):
    """Verifies.

    Args:
        workers: Worker processes; None is the cores of its node.
        limits: What one verification may take.
    """

    def __init__(self, workers: int | None, limits: Limits) -> None:
        self._grader = Grader(workers=workers, limits=limits)

    async def open(self) -> GraderDescription:
        """What decides its verdicts."""
        return GraderDescription({name: _version(name) for name in _DECIDING})

    async def verify(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """One verdict."""
        return await self._grader.averify(problem, text, verifier=spec)

    async def check_gold(self, spec: VerifierSpec, problem: Problem) -> str | None:
        """Why a gold cannot be used, or None."""
        return await asyncio.to_thread(self._grader.check_gold, problem, verifier=spec)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
