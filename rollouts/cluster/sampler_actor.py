"""What runs in an actor of the cluster: one sampler."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from genesys.rollouts.cluster.staying_actor import StayingActor
from genesys.rollouts.sampler import Capabilities, Sample, Sampler, SampleRequest, SamplerSettings
from genesys.schema import Sampling
from genesys.version import __version__


@dataclass(frozen=True, kw_only=True)
class SamplerDescription:
    """What a sampler in an actor says of itself; all but the capabilities is part of a run's identity."""

    model: str
    model_revision: str | None
    sampling: Sampling
    settings: Mapping[str, Any]
    capabilities: Capabilities
    genesys: str

    @classmethod
    def of(cls, sampler: Sampler) -> SamplerDescription:
        """A sampler's."""
        return cls(
            model=sampler.model,
            model_revision=sampler.model_revision,
            sampling=sampler.sampling,
            settings=dict(sampler.settings),
            capabilities=sampler.capabilities,
            genesys=__version__,
        )

    def differences(self, other: SamplerDescription) -> list[str]:
        """What differs, in words."""
        names = ("genesys", "model", "model_revision", "sampling", "settings")
        pairs = ((name, getattr(self, name), getattr(other, name)) for name in names)
        return [f"{name}: {mine!r}, and there {theirs!r}" for name, mine, theirs in pairs if mine != theirs]


class SamplerActor(StayingActor):
    """Builds a sampler and asks it.

    Args:
        settings: What to build.
        folder: Working folder of the command, for relative paths; a node that has none keeps its own.
    """

    def __init__(self, settings: SamplerSettings, folder: str) -> None:
        self._settings = settings
        with suppress(OSError):
            os.chdir(folder)

    async def open(self) -> SamplerDescription:
        """Builds the sampler."""
        self._sampler = self._settings.build()
        return SamplerDescription.of(self._sampler)

    async def sample(self, request: SampleRequest) -> AsyncIterator[Sample]:
        """The sampler's samples, as they end."""
        async for sample in self._sampler.sample(request):
            yield sample
