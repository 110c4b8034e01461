"""The flags of commands that can run on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from genesys.rollouts.cluster.settings import ClusterSettings

CLUSTER = "Cluster"


def _option(name: str, help_text: str, **more: Any) -> Any:
    return typer.Option(name, help=help_text, rich_help_panel=CLUSTER, **more)


Cluster = Annotated[
    str | None,
    _option("--cluster", "ray: work on a Ray cluster, or on one of this machine alone. docs/rollouts.md."),
]
RayAddress = Annotated[
    str | None,
    _option(
        "--ray-address",
        "HOST:PORT of the cluster; auto is what [bold]ray start[/] made on this machine, local a new one here. "
        "Default: RAY_ADDRESS, or else local.",
    ),
]
Samplers = Annotated[
    int | None,
    _option("--samplers", "Samplers. Default: the cluster's GPUs over those of a sampler, or 1.", min=1),
]
GpusPerSampler = Annotated[
    float | None,
    _option(
        "--gpus-per-sampler",
        "GPUs of a sampler, all of one node. Default: the product of vLLM's parallel sizes; 0 without GPUs.",
        min=0.0,
    ),
]
CpusPerSampler = Annotated[
    float, _option("--cpus-per-sampler", "Cores that a sampler reserves on its node.", min=0.0)
]
VerifyOn = Annotated[
    str,
    _option("--verify-on", "driver: verify in this process; cluster: on every node, for code and the like."),
]


def cluster_of(
    kind: str | None,
    address: str | None,
    *,
    samplers: int | None = None,
    gpus_per_sampler: float | None = None,
    cpus_per_sampler: float = 1.0,
    verify_on: str = "driver",
) -> ClusterSettings | None:
    """The cluster that flags describe, or None.

    Raises:
        ConfigurationError: If a flag of a cluster stands alone, or has no such value.
    """
    from genesys.rollouts.cluster.settings import ClusterSettings

    chosen = ClusterSettings(
        kind=kind or "ray",
        address=address,
        samplers=samplers,
        gpus_per_sampler=gpus_per_sampler,
        cpus_per_sampler=cpus_per_sampler,
        verify_on=verify_on,
    )
    if kind is not None:
        return chosen
    if chosen != ClusterSettings():
        raise ConfigurationError(
            "--ray-address, --samplers, --gpus-per-sampler, --cpus-per-sampler and --verify-on are a cluster's",
            "Add --cluster ray.",
        )
    return None


@contextmanager
def joined(cluster: ClusterSettings | None) -> Iterator[None]:
    """Keeps a command connected to its cluster from its beginning, so that a fault shows at once."""
    if cluster is None:
        yield
        return
    from genesys.rollouts.cluster.connection import connect, disconnect

    connect(cluster)
    try:
        yield
    finally:
        disconnect()
