"""What trainings of the tests learn from: a model with random weights, and sets that curation wrote."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from genesys.curation import curate
from genesys.envs.sources import open_problems
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling

ENV = "genesys/output-prediction-v0"
PROBLEMS = "string-programs:level=0,seed=5,size=24"
HELD_OUT = "string-programs:level=0,seed=6,size=8"


def curated(folder: Path, problems: str = PROBLEMS) -> Path:
    """A dataset of the worked gold and a wrong answer to each problem."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "responses.jsonl").open("w") as file:
        for problem in open_problems(problems):
            for text in (problem.gold_standard_solution, "<think></think>\\boxed{nothing}"):
                file.write(json.dumps({"problem_id": problem.problem_id, "llm_response": text}) + "\n")
    recording = SamplerSettings(name="recording", model=str(folder / "responses.jsonl"), sampling=Sampling())
    harvest = Harvest(env_id=ENV, problems=problems, sampler=recording, settings=CollectSettings(n=2))
    asyncio.run(harvest.run(folder / "run"))
    curate([folder / "run"], "synthetic-1", folder / "dataset")
    return folder / "dataset"


def grpo_settings(model: Path, out: Path, **more: Any) -> dict[str, Any]:
    """A GRPO of a few seconds."""
    return {
        "model": str(model),
        "out": str(out),
        "env": ENV,
        "problems": PROBLEMS,
        "max_steps": 2,
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 20,
        # A model with random weights is never right: what it earns is for not repeating itself.
        "rewards": [{"reward": "repetition", "n": 1}],
        "learning_rate": 1e-3,
        **more,
    }


def sft_settings(model: Path, dataset: Path, out: Path, **more: Any) -> dict[str, Any]:
    """An SFT or DPO of a few seconds."""
    return {
        "model": str(model),
        "dataset": str(dataset),
        "out": str(out),
        "max_steps": 2,
        "per_device_train_batch_size": 4,
        "learning_rate": 1e-3,
        **more,
    }
