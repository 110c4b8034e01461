"""What a cluster is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from genesys.errors import ConfigurationError, UnknownName
from genesys.rollouts.sampler import SamplerSettings

KINDS = ("ray",)
"""Clusters that genesys knows."""

PLACES = ("driver", "cluster")
"""Where completions can be verified."""

_WITHOUT_MODEL = ("recording", "server")
_PARALLEL = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """What `--cluster ray` and the flags beside it say.

    Attributes:
        kind: Only "ray" so far.
        address: Of a running cluster (`HOST:PORT`), "auto" for the one that `ray start` made on this machine,
            "local" for a new one. None is what RAY_ADDRESS says, or else "local".
        samplers: How many; None is as many as the cluster's GPUs allow, or one without GPUs.
        gpus_per_sampler: GPUs of one sampler, all on one node; None follows from the sampler's options.
        cpus_per_sampler: Cores that a sampler reserves.
        verify_on: "driver" verifies in the process that began the harvest, "cluster" on every node.
    """

    kind: str = "ray"
    address: str | None = None
    samplers: int | None = None
    gpus_per_sampler: float | None = None
    cpus_per_sampler: float = 1.0
    verify_on: str = "driver"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName.of("cluster", self.kind, KINDS)
        if self.verify_on not in PLACES:
            raise UnknownName.of("place to verify", self.verify_on, PLACES)
        if self.address is not None and self.address.startswith("ray://"):
            raise ConfigurationError(
                f"{self.address!r} is a Ray client's address, through which samples cannot be streamed",
                "Run genesys on a node of the cluster, with --ray-address auto, or as a Ray job.",
            )
        if self.samplers is not None and self.samplers < 1:
            raise ConfigurationError(f"--samplers must be at least 1, not {self.samplers}")
        for name in ("gpus_per_sampler", "cpus_per_sampler"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ConfigurationError(f"--{name.replace('_', '-')} must be 0 or more, not {value}")

    def gpus_of(self, sampler: SamplerSettings, cluster_gpus: float) -> float:
        """GPUs of one sampler, in a cluster that has so many."""
        if self.gpus_per_sampler is not None:
            return self.gpus_per_sampler
        if not cluster_gpus or sampler.name in _WITHOUT_MODEL:
            return 0
        return _parallel(sampler.options)

    def samplers_of(self, sampler: SamplerSettings, cluster_gpus: float) -> int:
        """How many samplers, in a cluster that has so many GPUs."""
        if self.samplers is not None:
            return self.samplers
        gpus = self.gpus_of(sampler, cluster_gpus)
        return max(1, int(cluster_gpus // gpus)) if gpus else 1


def _parallel(options: Mapping[str, Any]) -> int:
    """GPUs that a model is spread over; vLLM's names, with dashes or underscores."""
    chosen = {name.replace("-", "_"): value for name, value in options.items()}
    return prod(int(chosen.get(name, 1)) for name in _PARALLEL)
