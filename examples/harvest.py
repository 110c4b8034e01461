"""From responses that exist to an SFT set, in Python: what `collect` and `curate` do on the command line.

    python examples/harvest.py OUT_FOLDER

The responses here are written by this file; a recording of a real model's is read the same way, and a live
model is `SamplerSettings(name="transformers", model=...)`.
"""

import asyncio
import json
import sys
from pathlib import Path

from genesys.curation import curate
from genesys.envs.sources import open_problems
from genesys.rollouts.collecting import Harvest
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling

PROBLEMS = "algebra:level=1,seed=0,size=50"


def write_responses(path: Path) -> None:
    """Two responses a problem: the worked gold, and an answer that is off by one digit."""
    with path.open("w") as file:
        for problem in open_problems(PROBLEMS):
            worked = f"<think>Let me work it out.</think>{problem.gold_standard_solution}"
            for text in (worked, "<think>I guess.</think>\\boxed{12345}"):
                file.write(json.dumps({"problem_id": problem.problem_id, "llm_response": text}) + "\n")


def main(out: Path) -> None:
    """Harvests, verifies, curates, and prints what is kept."""
    out.mkdir(parents=True, exist_ok=True)
    write_responses(out / "responses.jsonl")
    harvest = Harvest(
        env_id="genesys/math-v0",
        problems=PROBLEMS,
        sampler=SamplerSettings(name="recording", model=str(out / "responses.jsonl"), sampling=Sampling()),
        settings=CollectSettings(n=2),
    )
    progress = asyncio.run(harvest.run(out / "run"))
    print(f"{progress.completions} completions, {progress.passed} right")
    report = curate([out / "run"], "synthetic-1", out / "dataset")
    print({output.name: output.rows for output in report.outputs})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
