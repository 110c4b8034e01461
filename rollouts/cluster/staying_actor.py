"""What all actors have in common: they stay until they are killed, and say where they are."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from genesys.rollouts.cluster.connection import ray_module


@dataclass(frozen=True)
class Whereabouts:
    """Where an actor runs: the node's id in the cluster, its name, and the process on it."""

    node_id: str
    host: str
    pid: int


class StayingActor:
    """Base of actors."""

    async def whereabouts(self) -> Whereabouts:
        """Where it runs."""
        node_id = ray_module().get_runtime_context().get_node_id()
        return Whereabouts(node_id, os.uname().nodename, os.getpid())

    async def stay(self) -> None:
        """Never ends: who waits for it learns of the actor's end at once."""
        await asyncio.Event().wait()
