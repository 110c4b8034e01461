"""What the demo's tiny model can do, and what making it takes.

    python benchmarks/tiny_model.py [SEED ...]

For each seed: CPU-seconds of making, size, and over 256 held-out level-0 problems at temperature 1 and
greedily the accuracy by the verifier, the share of completions that work step by step, and the accuracy of
these. A seed is fit to be the default where worked completions are right 85 times in 100 or more.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
from pathlib import Path
from random import Random

import torch

from genesys.rewards import verify_batch
from genesys.rollouts.sampler import Sample, SampleRequest
from genesys.rollouts.samplers.transformers_sampler import TransformersSampler
from genesys.schema import Problem, Sampling
from genesys.training.tiny_model import DEFAULT_SEED, make_tiny_model, problems_of

COUNT = 256


def main() -> None:
    """Prints one block for each seed."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}")
    held_out: dict[str, Problem] = {}
    for problem in problems_of("held-out", Random(777)):
        held_out.setdefault(problem.problem_id, problem)
        if len(held_out) == COUNT:
            break
    for seed in [int(word) for word in sys.argv[1:]] or [DEFAULT_SEED]:
        with tempfile.TemporaryDirectory() as folder:
            report = make_tiny_model(Path(folder) / "model", seed=seed)
            print(
                f"seed {seed}: {report.cpu_seconds:.0f} CPU-seconds, {report.parameters:,} parameters, "
                f"{report.bytes / 1e3:.0f} kB, loss {report.loss:.3f}"
            )
            for temperature in (1.0, 0.0):
                print(asyncio.run(evaluate(report.folder, list(held_out.values()), temperature)))


async def evaluate(folder: Path, problems: list[Problem], temperature: float) -> str:
    """One line of figures."""
    sampler = TransformersSampler(str(folder), Sampling(temperature=temperature, max_tokens=32), device="cpu")

    async def ask(index: int, problem: Problem) -> Sample:
        request = SampleRequest(
            problem_id=problem.problem_id,
            messages=({"role": "user", "content": problem.prompt},),
            sample_indices=(0,),
            seeds=(index,),
        )
        return await anext(sampler.sample(request))

    samples = await asyncio.gather(*(ask(index, problem) for index, problem in enumerate(problems)))
    await sampler.aclose()
    texts = [sample.text for sample in samples]
    right = [verdict.score == 1.0 for verdict in await asyncio.to_thread(verify_batch, problems, texts)]
    worked = [good for good, text in zip(right, texts, strict=True) if not text.startswith("<think></think>")]
    return (
        f"    temperature {temperature}: right {sum(right) / len(right):.3f}, "
        f"worked {len(worked) / len(right):.3f}, right where worked {sum(worked) / max(1, len(worked)):.3f}, "
        f"{sum(sample.completion_tokens or 0 for sample in samples) / len(samples):.1f} tokens"
    )


if __name__ == "__main__":
    main()
