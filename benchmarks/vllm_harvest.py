"""What a harvest costs beside vLLM itself: in process against `LLM.generate`, by its server against a bare client.

    make vllm && .venv-vllm/bin/python benchmarks/vllm_harvest.py [--pairs 5] [--problems 32] [--smoke]

Each pair is the same requests (string programs, n samples each of 512 tokens, seeds, temperature 1) once bare
and once through the collector with verification and a durable store, in turns; engines and server have started
and met the first requests before. Figures are medians over the pairs, the ratio that of neighbours: harvested
over bare, in tokens a second of wall time and in tokens a CPU second of all processes. Wanted: at least 0.95
in process, at least 0.9 by the server.

Then what the prefix cache gains: long prompts, 16 samples of 16 tokens of each, as one request with the cache,
as 16 requests with it, and as one request without it.

The model has random weights and says what comes: a real model computes more and the rest weighs less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from small_models import random_model
from vllm_server import VllmServer, serving

from genesys.optional import require
from genesys.rewards import Grader
from genesys.rollouts.collecting import make_environment
from genesys.rollouts.collector import Collector, CollectSettings
from genesys.rollouts.identity import RunIdentity, sample_seed
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.sampler import Sampler, SampleRequest
from genesys.rollouts.samplers.local_model import LocalModel
from genesys.rollouts.samplers.server_sampler import ServerSampler
from genesys.rollouts.samplers.vllm_arguments import engine_environment
from genesys.rollouts.samplers.vllm_sampler import VllmSampler
from genesys.schema import Sampling

ENV, SAMPLES, TOKENS, CONCURRENCY = "genesys/output-prediction-v0", 8, 512, 256
ENGINE: dict[str, Any] = {"dtype": "float32", "kv_cache_memory_bytes": 1 << 30, "max_num_seqs": 256}
SAMPLING = Sampling(temperature=1.0, max_tokens=TOKENS)


@dataclass(frozen=True)
class Speed:
    """Tokens a second of wall time, and a CPU second."""

    wall: float
    cpu: float


def cpu_seconds() -> float:
    """CPU seconds of this process and all it has started that live."""
    psutil = require("psutil", extra="vllm-cpu", feature="the benchmark")
    me = psutil.Process()
    times = [process.cpu_times() for process in (me, *me.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


async def timed(work: Callable[[], Awaitable[int]]) -> Speed:
    """Runs something that returns its tokens."""
    began, cpu = time.perf_counter(), cpu_seconds()
    tokens = await work()
    return Speed(tokens / (time.perf_counter() - began), tokens / (cpu_seconds() - cpu))


class Harvest:
    """The same problems harvested again and again with an open sampler, into a new folder each time."""

    def __init__(self, folder: Path, problems: int, grader: Grader) -> None:
        self._folder, self._grader, self._runs = folder, grader, 0
        self.environment = make_environment(ENV, problems=f"string-programs:level=0,size={problems}")

    def requests(self) -> list[SampleRequest]:
        """The requests that a harvest sends."""
        return [
            SampleRequest(
                problem_id=problem.problem_id,
                messages=tuple(self.environment.messages(problem)),
                sample_indices=tuple(range(SAMPLES)),
                seeds=tuple(sample_seed(0, problem.problem_id, index) for index in range(SAMPLES)),
            )
            for problem in self.environment.problems
        ]

    async def collect(self, sampler: Sampler) -> int:
        """Harvests everything, verified and stored; returns the tokens."""
        self._runs += 1
        identity = RunIdentity(
            env_id=ENV,
            source=self.environment.problems.identity,
            template=self.environment.template,
            model=sampler.model,
            model_revision=sampler.model_revision,
            sampling=sampler.sampling.identity(),
            settings=dict(sampler.settings),
            seed=0,
        )
        settings = CollectSettings(n=SAMPLES, concurrency=CONCURRENCY)
        with RunFolder(self._folder / f"run-{self._runs}", identity) as run:
            progress = await Collector(
                self.environment, sampler, run, settings, grader=self._grader
            ).collect()
        return progress.tokens


def start_llm(model: Path) -> Any:
    """The `LLM` of vLLM with the sampler's engine arguments, its engine in this process."""
    arguments = ENGINE | {
        "model": str(model),
        "enforce_eager": True,
        "enable_chunked_prefill": False,
        "gpu_memory_utilization": 0.2,
        "distributed_executor_backend": "uni",
        "disable_log_stats": True,
    }
    with engine_environment(arguments):
        return require("vllm", extra="vllm-cpu", feature="the benchmark").LLM(**arguments)


def generate(llm: Any, tokens: Sequence[list[int]], requests: Sequence[SampleRequest]) -> int:
    """`LLM.generate` over all requests at once; returns the tokens."""
    params = require("vllm", extra="vllm-cpu", feature="the benchmark").SamplingParams
    prompts = [{"prompt_token_ids": prompt} for prompt in tokens]
    settings = [
        params(n=SAMPLES, seed=request.seeds[0], temperature=1.0, max_tokens=TOKENS) for request in requests
    ]
    outputs = llm.generate(prompts, settings, use_tqdm=False)
    return sum(len(one.token_ids) for output in outputs for one in output.outputs)


async def ask_bare(server: VllmServer, requests: Sequence[SampleRequest]) -> int:
    """A bare client over the same requests at the same concurrency; returns the tokens."""
    httpx = require("httpx", extra="server", feature="the benchmark")
    slots = asyncio.Semaphore(CONCURRENCY)
    limits = httpx.Limits(max_connections=CONCURRENCY)

    async def one(client: Any, request: SampleRequest) -> int:
        body = {"model": server.model, "messages": list(request.messages), "n": SAMPLES}
        body |= {"seed": request.seeds[0], "temperature": 1.0, "max_tokens": TOKENS}
        async with slots:
            reply = await client.post(f"{server.url}/chat/completions", json=body)
        return int(reply.json()["usage"]["completion_tokens"])

    async with httpx.AsyncClient(timeout=600, limits=limits) as client:
        return sum(await asyncio.gather(*(one(client, request) for request in requests)))


async def in_pairs(
    pairs: int, bare: Callable[[], Awaitable[int]], harvested: Callable[[], Awaitable[int]]
) -> dict[str, Any]:
    """Alternates the two, after one round of each that counts for nobody."""
    await bare()
    await harvested()
    rounds = [(await timed(bare), await timed(harvested)) for _ in range(pairs)]
    walls = [round(ours.wall / bare.wall, 3) for bare, ours in rounds]
    cpus = [round(ours.cpu / bare.cpu, 3) for bare, ours in rounds]
    return {
        "bare_tokens_per_second": round(statistics.median(bare.wall for bare, _ in rounds)),
        "tokens_per_second": round(statistics.median(ours.wall for _, ours in rounds)),
        "ratio": round(statistics.median(walls), 3),
        "ratio_cpu": round(statistics.median(cpus), 3),
        "ratios": walls,
        "ratios_cpu": cpus,
    }


async def in_process(model: Path, harvest: Harvest, pairs: int) -> dict[str, Any]:
    """The sampler in this process against `LLM.generate`."""
    sampler, llm = VllmSampler(str(model), SAMPLING, **ENGINE), start_llm(model)
    requests = harvest.requests()
    local = LocalModel(str(model), revision=None, device="cpu", dtype="auto")
    tokens = [list(local.render(request.messages, plain=False)[0]) for request in requests]
    try:
        return await in_pairs(
            pairs,
            lambda: asyncio.to_thread(generate, llm, tokens, requests),
            lambda: harvest.collect(sampler),
        )
    finally:
        await sampler.aclose()


async def by_server(server: VllmServer, harvest: Harvest, pairs: int) -> dict[str, Any]:
    """The server sampler against a bare client."""
    sampler = ServerSampler(server.model, SAMPLING, endpoints=server.url)
    requests = harvest.requests()
    try:
        return await in_pairs(pairs, lambda: ask_bare(server, requests), lambda: harvest.collect(sampler))
    finally:
        await sampler.aclose()


async def prefix_cache(model: Path, rounds: int) -> dict[str, float]:
    """Seconds for the same samples of long prompts, asked in three ways."""
    short = Sampling(temperature=1.0, max_tokens=16)
    cached = VllmSampler(str(model), short, block_size=32, **ENGINE)
    uncached = VllmSampler(str(model), short, block_size=32, enable_prefix_caching=False, **ENGINE)
    ways = {"one_request": (cached, 1), "requests_apart": (cached, 2), "no_cache": (uncached, 1)}
    seconds: dict[str, list[float]] = {name: [] for name in ways}

    async def drain(sampler: VllmSampler, request: SampleRequest) -> None:
        async for _ in sampler.sample(request):
            pass

    try:
        for round_ in range(rounds + 1):
            for name, (sampler, stride) in ways.items():
                questions = [f"{name} {round_} {number} " + "and so on " * 80 for number in range(8)]
                began = time.perf_counter()
                await asyncio.gather(*(drain(sampler, _long(one, stride)) for one in questions))
                seconds[name] += [time.perf_counter() - began] if round_ else []  # the first is nobody's
    finally:
        await cached.aclose()
        await uncached.aclose()
    return {name: round(statistics.median(values), 3) for name, values in seconds.items()}


def _long(question: str, stride: int) -> SampleRequest:
    """Sixteen samples of one prompt; seeds that do not follow each other cannot share a request."""
    return SampleRequest(
        problem_id=question,
        messages=({"role": "user", "content": question},),
        sample_indices=tuple(range(16)),
        seeds=tuple(range(0, 16 * stride, stride)),
    )


def main() -> None:
    """Measures and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--problems", type=int, default=32, help=f"problems of {SAMPLES} samples each")
    parser.add_argument("--smoke", action="store_true", help="one small pair of each; for CI")
    arguments = parser.parse_args()
    pairs, problems = (1, 8) if arguments.smoke else (arguments.pairs, arguments.problems)
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "smoke": arguments.smoke,
    }
    with tempfile.TemporaryDirectory() as name, closing(Grader()) as grader:
        folder = Path(name)
        model = random_model(folder / "model", context=2048, ends=False)
        harvest = Harvest(folder, problems, grader)
        figures["in_process"] = asyncio.run(in_process(model, harvest, pairs))
        print(figures, file=sys.stderr)
        with serving(model, folder / "server.log") as server:
            figures["server"] = asyncio.run(by_server(server, harvest, pairs))
        print(figures, file=sys.stderr)
        if not arguments.smoke:
            figures["prefix_cache_seconds"] = asyncio.run(prefix_cache(model, 5))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
