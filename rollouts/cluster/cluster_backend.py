"""Verification on all nodes of a cluster: the grader's backends, with a grader actor on each node behind them.

    grader = Grader(backends=ClusterBackends(ClusterSettings()))

What is decided quickly or by asking a server is decided in the calling process, as always; what takes a
worker process or the sandbox goes to the least loaded node. Verdicts are the same, and the caller commits them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from genesys.rewards.grading.backend import Backend, make_backend
from genesys.rewards.grading.limits import Limits
from genesys.rewards.verifier import VerifierSpec
from genesys.rollouts.cluster.actor_pool import ActorPool
from genesys.rollouts.cluster.connection import cause_of, connect, disconnect, nodes, ray_module
from genesys.rollouts.cluster.grader_actor import GraderActor
from genesys.rollouts.cluster.live_actor import ActorKind
from genesys.rollouts.cluster.settings import ClusterSettings
from genesys.schema import Problem, Verdict

ATTEMPTS = 3
"""Graders that one verification may lose before it is put off to the next call."""

_CALLS_PER_CORE = 4


class ClusterBackends:
    """Makes a grader's backends; those of kinds that need processes are one, on the cluster.

    Args:
        cluster: Where.
        workers: Worker processes of each node; None is its cores.
    """

    def __init__(self, cluster: ClusterSettings, workers: int | None = None) -> None:
        self._cluster, self._workers = cluster, workers
        self._shared: ClusterBackend | None = None
        self._kinds = 0

    def __call__(self, kind: str, *, workers: int, limits: Limits) -> Backend:
        """The backend of a kind; `workers` is of this machine, and plays no part on others."""
        if kind == "remote":
            return make_backend(kind, workers=workers, limits=limits)
        if self._shared is None:
            connect(self._cluster)
            self._shared = ClusterBackend(_pool(self._workers, limits), self._let_go)
        self._kinds += 1
        return self._shared

    def _let_go(self) -> None:
        self._kinds -= 1
        if not self._kinds and self._shared is not None:
            self._shared.pool.close()
            self._shared = None
            disconnect()


class ClusterBackend:
    """Runs verifications in actors; what a lost one had not answered goes to another.

    Args:
        pool: The graders' actors.
        let_go: Called when a kind is closed.
    """

    def __init__(self, pool: ActorPool, let_go: Any) -> None:
        self.pool = pool
        self._let_go = let_go

    async def run(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Verifies one completion somewhere."""
        try:
            verdict: Verdict = await self._ask("verify", spec, problem, text)
        except _AllLost:
            return Verdict.unscorable("verifier_failed", error=f"{ATTEMPTS} graders of the cluster were lost")
        return verdict

    async def check_gold(self, spec: VerifierSpec, problem: Problem) -> str | None:
        """Checks a gold somewhere."""
        try:
            fault: str | None = await self._ask("check_gold", spec, problem)
        except _AllLost:
            return f"{ATTEMPTS} graders of the cluster were lost"
        return fault

    async def _ask(self, method: str, *arguments: Any) -> Any:
        exceptions = ray_module().exceptions
        self.pool.start()
        for _ in range(ATTEMPTS):
            grader = await self.pool.take()
            try:
                answer = await getattr(grader.actor, method).remote(*arguments)
                self.pool.answered(grader)
                return answer
            except exceptions.RayTaskError as error:
                raise cause_of(error) from None
            except exceptions.RayError:
                self.pool.lost(grader)
            finally:
                self.pool.give_back(grader)
        raise _AllLost

    def close(self) -> None:
        """Ends the actors, with the last kind that is closed."""
        self._let_go()

    def abandon(self) -> None:
        """A forked child holds nothing of the cluster that it could let go of."""


class _AllLost(Exception):
    """Every grader that was asked has ended."""


def _pool(workers: int | None, limits: Limits) -> ActorPool:
    """One grader on each node that has cores to give; where a node is lost, its grader goes to another."""
    ray_module()  # names the extra where it is missing
    strategies = import_module("ray.util.scheduling_strategies")
    usable = [node for node in nodes() if node["Resources"].get("CPU", 0) > 0] or nodes()
    places = [strategies.NodeAffinitySchedulingStrategy(node["NodeID"], soft=True) for node in usable]
    cores = workers or int(max(node["Resources"].get("CPU", 1) for node in usable))
    return ActorPool(
        ActorKind(
            noun="grader",
            kind=GraderActor,
            arguments=(workers, limits),
            options=tuple({"num_cpus": 0, "scheduling_strategy": place} for place in places),
            room=max(2, _CALLS_PER_CORE * cores),
        )
    )
