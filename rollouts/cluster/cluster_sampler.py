"""A sampler whose requests are answered by samplers in actors, all over a cluster.

    sampler = await ClusterSampler.open(SamplerSettings(...), ClusterSettings(samplers=4))
    async for sample in sampler.sample(request):
        ...

A problem's samples go to one sampler together, which reads their prompt once. What a lost sampler had not
yet answered is asked of another one. Identity and capabilities are those of the samplers: a run folder does
not say whether a cluster has filled it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, GenesysError, SamplerError
from genesys.rollouts.cluster.actor_pool import ActorPool, is_node_alive
from genesys.rollouts.cluster.connection import (
    cause_of,
    connect,
    disconnect,
    is_started_here,
    ray_module,
    resources,
)
from genesys.rollouts.cluster.live_actor import ActorKind, LiveActor
from genesys.rollouts.cluster.losses import Losses, Trial
from genesys.rollouts.cluster.sampler_actor import SamplerActor, SamplerDescription
from genesys.rollouts.cluster.settings import ClusterSettings
from genesys.rollouts.progress import Progress, SamplerCounts
from genesys.rollouts.sampler import Sample, SampleRequest, SamplerSettings

logger = logging.getLogger(__name__)

_SAY_AGAIN_SECONDS = 60.0
_FAILURES = 2


class ClusterSampler:
    """Samples with a pool of actors; `open` makes one.

    Attributes:
        pool: The samplers' actors.
    """

    def __init__(self, pool: ActorPool, description: SamplerDescription) -> None:
        self.pool = pool
        self.model = description.model
        self.model_revision = description.model_revision
        self.sampling = description.sampling
        self.settings: Mapping[str, Any] = description.settings
        self.capabilities = replace(description.capabilities, streams=True)
        self._losses = Losses()
        self._closed = False

    @classmethod
    async def open(
        cls,
        sampler: SamplerSettings,
        cluster: ClusterSettings,
        *,
        concurrency: int = 256,
        progress: Progress | None = None,
    ) -> ClusterSampler:
        """Connects, starts the samplers, and waits for the first.

        Args:
            sampler: What each actor builds.
            cluster: Where, and how many.
            concurrency: Requests in flight in all samplers together.
            progress: Told how many samplers are alive.

        Raises:
            MissingExtra: If Ray is not installed.
            ConfigurationError: If there is no such cluster, or it can never hold a sampler.
            GenesysError: If the sampler cannot be built.
        """
        connect(cluster)
        pool = None
        try:
            kind = _kind(sampler, cluster, concurrency)
            pool = ActorPool(kind, _teller(progress, len(kind.options)))
            pool.start()
            return cls(pool, await _first(pool))
        except BaseException:
            if pool is not None:
                pool.close()
            disconnect()
            raise

    async def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """Yields the samples of a request, of whichever actors.

        A request that ends every sampler it is given to has its missing samples marked as errors.

        Raises:
            SamplerError: If no sampler can go on.
        """
        missing = dict.fromkeys(request.sample_indices)
        trial, failures = self._losses.trial(), 0
        while missing:
            suspect = trial.suspect
            actor = await self.pool.take(suspect)
            try:
                async with aclosing(self._asked(actor, _part(request, missing))) as samples:
                    async for sample in samples:
                        missing.pop(sample.sample_index, None)
                        yield sample
                return
            except _SamplerFailed as failed:
                failures += 1
                self.pool.lost(actor)
                if failures == _FAILURES:
                    raise failed.error from None
            except _ActorLost as lost:
                if await self._is_guilty(trial, actor, lost):
                    break
            finally:
                self.pool.give_back(actor, suspect)
        for index in missing:
            yield Sample(problem_id=request.problem_id, sample_index=index, text="", finish_reason="error")

    async def aclose(self) -> None:
        """Ends the actors and lets go of the cluster; idempotent."""
        if not self._closed:
            self._closed = True
            self.pool.close()
            await asyncio.to_thread(disconnect)

    async def _asked(self, actor: LiveActor, request: SampleRequest) -> AsyncGenerator[Sample]:
        """What one actor answers."""
        ray = ray_module()
        stream = actor.actor.sample.options(num_returns="streaming").remote(request)
        ended = False
        try:
            async for reference in stream:
                sample = await reference
                self.pool.answered(actor)
                yield sample
            ended = True
        except ray.exceptions.RayTaskError as error:
            ended = True
            cause = cause_of(error)
            if isinstance(cause, SamplerError):
                raise _SamplerFailed(cause) from None
            raise cause from None
        except ray.exceptions.RayError as error:
            ended = True
            raise _ActorLost(str(error)) from None
        finally:
            if not ended:
                with suppress(Exception):  # the actor may be gone
                    ray.cancel(stream)

    async def _is_guilty(self, trial: Trial, actor: LiveActor, lost: _ActorLost) -> bool:
        self.pool.lost(actor)
        if actor.node_id and not await asyncio.to_thread(is_node_alive, actor.node_id):
            return False
        if not trial.is_guilty_of(actor):
            return False
        logger.warning("a request has ended every sampler that had it, and is given up: %s", lost)
        return True


class _ActorLost(Exception):
    """The actor has ended, or cannot be reached."""


class _SamplerFailed(Exception):
    """The actor lives, and its sampler says that it cannot go on."""

    def __init__(self, error: GenesysError) -> None:
        super().__init__(str(error))
        self.error = type(error)(error.fault, error.remedy)


def _part(request: SampleRequest, missing: Mapping[int, None]) -> SampleRequest:
    """The request for those samples that are missing."""
    kept = [place for place, index in enumerate(request.sample_indices) if index in missing]
    return replace(
        request,
        sample_indices=tuple(request.sample_indices[place] for place in kept),
        seeds=tuple(request.seeds[place] for place in kept),
        prefix=tuple(request.prefix[place] for place in kept) if request.prefix else None,
    )


def _kind(sampler: SamplerSettings, cluster: ClusterSettings, concurrency: int) -> ActorKind:
    """The actors that hold the samplers."""
    has = resources()
    count = cluster.samplers_of(sampler, has.get("GPU", 0))
    needs = {"num_gpus": cluster.gpus_of(sampler, has.get("GPU", 0)), "num_cpus": cluster.cpus_per_sampler}
    if is_started_here(cluster) and needs["num_gpus"] > has.get("GPU", 0):
        raise ConfigurationError(
            f"a sampler needs {needs['num_gpus']:g} GPUs, and this machine has {has.get('GPU', 0):g}",
            "Give fewer with --gpus-per-sampler, or the address of a cluster with --ray-address.",
        )
    return ActorKind(
        noun="sampler",
        kind=SamplerActor,
        arguments=(sampler, str(Path.cwd())),
        options=(needs,) * count,
        room=max(1, -(-concurrency // count)),
    )


async def _first(pool: ActorPool) -> SamplerDescription:
    """Waits for the first sampler; says why where that takes long."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SAY_AGAIN_SECONDS):
                description: SamplerDescription = await pool.first()
                return description
        wanted, has = pool.kind.options[0], resources()
        logger.warning(
            "no sampler is ready yet; each needs %g GPUs and %g CPUs, and the cluster has %g and %g",
            *(wanted["num_gpus"], wanted["num_cpus"], has.get("GPU", 0), has.get("CPU", 0)),
        )


def _teller(progress: Progress | None, wanted: int) -> Any:
    """Keeps the counters of who watches up to date."""

    def tell(alive: int, lost: int) -> None:
        if progress is not None:
            progress.samplers = SamplerCounts(wanted=wanted, alive=alive, lost=lost)

    return tell
