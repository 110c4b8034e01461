"""Runs one harvest in a process of its own: python harvest_child.py SETTINGS.json OUT."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from genesys.rollouts.cluster.settings import ClusterSettings
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.sampler import SamplerSettings
from genesys.rollouts.shard import Shard
from genesys.schema import Sampling


def harvest_of(settings: dict[str, Any]) -> Harvest:
    """The harvest that plain settings describe."""
    return Harvest(
        env_id=settings["env_id"],
        problems=settings["problems"],
        sampler=SamplerSettings(
            name=settings["sampler"],
            model=settings["model"],
            sampling=Sampling(**settings.get("sampling", {})),
            options=settings.get("options", {}),
        ),
        settings=CollectSettings(
            n=settings["n"],
            shard=Shard.parse(settings["shard"]) if "shard" in settings else None,
            concurrency=settings.get("concurrency", 256),
        ),
        cluster=ClusterSettings(**settings["cluster"]) if "cluster" in settings else None,
        part_characters=settings.get("part_characters", 64 << 20),
    )


if __name__ == "__main__":
    harvest = harvest_of(json.loads(Path(sys.argv[1]).read_text()))
    progress = asyncio.run(harvest.run(Path(sys.argv[2])))
    print(progress.before, progress.completions, progress.verified)
