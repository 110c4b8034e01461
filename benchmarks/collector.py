"""What the collector costs: tokens a second against the bare sampler, and CPU time a completion.

    python benchmarks/collector.py

Two figures, each a ratio or a difference within one run:

- throughput: tokens/s through collector, run folder and verifier over tokens/s of the bare sampler, a
  language model with random weights, 512 tokens a completion. At least 0.95 is wanted.
- overhead: CPU microseconds a completion of collector, durable write and verifier, beyond the sampler's
  own; recorded responses. At most 500 are wanted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from genesys.rollouts.collecting import Harvest, make_environment
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.identity import sample_seed
from genesys.rollouts.sampler import SampleRequest, SamplerSettings
from genesys.schema import Sampling

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from recordings import write_recording
from small_models import random_model

ENV = "genesys/output-prediction-v0"


def requests_of(problems: str, n: int) -> list[SampleRequest]:
    """The requests that a harvest of these problems sends."""
    environment = make_environment(ENV, problems=problems)
    return [
        SampleRequest(
            problem_id=problem.problem_id,
            messages=tuple(environment.messages(problem)),
            sample_indices=tuple(range(n)),
            seeds=tuple(sample_seed(0, problem.problem_id, index) for index in range(n)),
        )
        for problem in environment.problems
    ]


async def bare(settings: SamplerSettings, requests: Sequence[SampleRequest]) -> int:
    """Samples everything, keeps nothing; returns the tokens."""
    sampler = settings.build()

    async def one(request: SampleRequest) -> int:
        return sum([sample.completion_tokens or 0 async for sample in sampler.sample(request)])

    try:
        return sum(await asyncio.gather(*(one(request) for request in requests)))
    finally:
        await sampler.aclose()


async def collected(settings: SamplerSettings, problems: str, n: int, out: Path) -> int:
    """Harvests everything; returns the tokens."""
    harvest = Harvest(env_id=ENV, problems=problems, sampler=settings, settings=CollectSettings(n=n))
    return (await harvest.run(out)).tokens


def throughput(folder: Path, problems: int, repeats: int) -> dict[str, float]:
    """Tokens/s of both, in turns; the median of the ratios."""
    model = random_model(folder / "model", context=1024, ends=False)
    settings = SamplerSettings(name="transformers", model=str(model), sampling=Sampling(max_tokens=512))
    spec = f"string-programs:level=0,size={problems}"
    requests = requests_of(spec, 4)
    asyncio.run(bare(settings, requests[:1]))  # imports and the first batch are nobody's
    ratios, rates = [], []
    for repeat in range(repeats):
        began = time.perf_counter()
        alone = asyncio.run(bare(settings, requests)) / (time.perf_counter() - began)
        began = time.perf_counter()
        tokens = asyncio.run(collected(settings, spec, 4, folder / f"run-{repeat}"))
        rates.append(tokens / (time.perf_counter() - began))
        ratios.append(rates[-1] / alone)
    return {"tokens_per_second": statistics.median(rates), "ratio": statistics.median(ratios)}


def overhead(folder: Path, problems: int) -> dict[str, float]:
    """CPU microseconds a completion that the collector adds to a recording."""
    spec = f"string-programs:level=0,size={problems}"
    recording = write_recording(folder / "recording.jsonl", spec, 4, words=500)
    settings = SamplerSettings(name="recording", model=str(recording), sampling=Sampling())
    requests = requests_of(spec, 4)
    began = time.process_time()
    asyncio.run(bare(settings, requests))
    alone = time.process_time() - began
    began = time.process_time()
    asyncio.run(collected(settings, spec, 4, folder / "overhead"))
    added = time.process_time() - began - alone
    return {"completions": 4 * problems, "cpu_microseconds": 1e6 * added / (4 * problems)}


def main() -> None:
    """Measures both and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--problems", type=int, default=64, help="problems of the throughput figure, 4 samples each"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--recorded", type=int, default=5000, help="problems of the overhead figure")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            "overhead": overhead(folder, arguments.recorded),
            "throughput": throughput(folder, arguments.problems, arguments.repeats),
        }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
