"""What asking servers costs: our client against bare httpx, and a harvest against a bare client.

    python benchmarks/server_client.py
    python benchmarks/server_client.py --endpoint http://127.0.0.1:8000/v1 --model tiny

Without an endpoint a server on loopback, in a process of its own, takes half a second for each reply of 512
words, so that it is the bottleneck. With one, real completions of 512 tokens at most are asked for, the
same ones of both. Figures are ratios within one run; bare and ours alternate, and medians are printed.

- client: requests/s of our client over those of an httpx loop at the same concurrency (at least 0.9 is
  wanted), and the CPU microseconds that a request takes in each.
- harvest: tokens/s of the server sampler with collector, run folder and verifier over those of the httpx
  loop (at least 0.9 is wanted).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from genesys.openai_client import ClientSettings, Endpoint, OpenAIClient
from genesys.rewards import grader
from genesys.rollouts.collecting import Harvest, make_environment
from genesys.rollouts.collector import CollectSettings
from genesys.rollouts.identity import sample_seed
from genesys.rollouts.sampler import SamplerSettings
from genesys.schema import Sampling

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

ENV = "genesys/output-prediction-v0"
TOKENS = 512


@dataclass(frozen=True)
class Place:
    """The server, and how it is asked.

    Attributes:
        url: Its base.
        model: The model's name.
        concurrency: Requests in flight.
    """

    url: str
    model: str
    concurrency: int


def serve(pipe: Connection, seconds: float) -> None:
    """Runs the server of the tests until the pipe closes."""
    from chat_server import ChatServer, Reply

    reply = Reply(content="word " * (TOKENS - 3) + "\\boxed{'abcd'}", tokens=TOKENS)
    with ChatServer(lambda asked, index: reply, seconds=seconds) as server:
        pipe.send(server.url)
        pipe.poll(None)


@contextmanager
def loopback(seconds: float) -> Iterator[str]:
    """A server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, seconds), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(10)


def bodies_of(place: Place, problems: str) -> list[dict[str, Any]]:
    """The requests that a harvest of these problems sends, one completion each."""
    environment = make_environment(ENV, problems=problems)
    return [
        {
            "model": place.model,
            "messages": [dict(message) for message in environment.messages(problem)],
            "temperature": 1.0,
            "top_p": 1.0,
            "max_tokens": TOKENS,
            "seed": sample_seed(0, problem.problem_id, 0),
        }
        for problem in environment.problems
    ]


@dataclass(frozen=True)
class Measured:
    """One run.

    Attributes:
        tokens: Tokens sampled.
        seconds: Wall seconds.
        cpu_seconds: CPU seconds of this process.
    """

    tokens: int
    seconds: float
    cpu_seconds: float


async def bare(place: Place, bodies: Sequence[dict[str, Any]]) -> int:
    """Asks with httpx alone."""
    slots = asyncio.Semaphore(place.concurrency)
    limits = httpx.Limits(max_connections=place.concurrency, max_keepalive_connections=place.concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=600) as client:

        async def one(body: dict[str, Any]) -> int:
            async with slots:
                reply = await client.post(f"{place.url}/chat/completions", json=body)
            return int(reply.json()["usage"]["completion_tokens"])

        return sum(await asyncio.gather(*map(one, bodies)))


async def ours(place: Place, bodies: Sequence[dict[str, Any]]) -> int:
    """Asks with the client."""
    endpoint = Endpoint(url=place.url)
    client = OpenAIClient(ClientSettings(endpoints=(endpoint,), concurrency=place.concurrency))
    try:
        replies = await asyncio.gather(*map(client.chat, bodies))
    finally:
        await client.aclose()
    return sum(int(reply["usage"]["completion_tokens"]) for reply in replies)


async def harvest(place: Place, problems: str, out: Path) -> int:
    """Harvests the same completions, stored and verified."""
    work = Harvest(
        env_id=ENV,
        problems=problems,
        sampler=SamplerSettings(
            name="server",
            model=place.model,
            sampling=Sampling(max_tokens=TOKENS),
            options={"endpoints": place.url},
        ),
        settings=CollectSettings(n=1, concurrency=place.concurrency),
    )
    return (await work.run(out, grader())).tokens


def measured(work: Any) -> Measured:
    """Runs a coroutine and takes its times."""
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = asyncio.run(work)
    return Measured(int(tokens), time.perf_counter() - wall, time.process_time() - cpu)


def compare(place: Place, count: int, repeats: int, folder: Path) -> dict[str, float]:
    """Alternates the three, and takes the medians of the ratios between neighbours."""
    problems = f"string-programs:level=0,size={count}"
    bodies = bodies_of(place, problems)
    asyncio.run(bare(place, bodies[:2]))
    asyncio.run(harvest(place, "string-programs:level=0,size=2", folder / "first"))  # imports are nobody's
    rounds = []
    for number in range(repeats):
        alone = measured(bare(place, bodies))
        client = measured(ours(place, bodies))
        whole = measured(harvest(place, problems, folder / str(number)))
        rounds.append((alone, client, whole))
    microseconds = 1e6 / count
    return {
        "requests": count,
        "concurrency": place.concurrency,
        "bare_requests_per_second": _median(count / a.seconds for a, _, _ in rounds),
        "bare_tokens_per_second": _median(a.tokens / a.seconds for a, _, _ in rounds),
        "client_ratio": _median(a.seconds / c.seconds for a, c, _ in rounds),
        "bare_cpu_microseconds": _median(microseconds * a.cpu_seconds for a, _, _ in rounds),
        "client_cpu_microseconds": _median(microseconds * c.cpu_seconds for _, c, _ in rounds),
        "harvest_ratio": _median((w.tokens / w.seconds) / (a.tokens / a.seconds) for a, _, w in rounds),
        "harvest_cpu_microseconds": _median(microseconds * w.cpu_seconds for _, _, w in rounds),
    }


def _median(values: Iterator[float]) -> float:
    return round(statistics.median(values), 3)


def main() -> None:
    """Measures and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--endpoint", help="a real server; default: one on loopback")
    parser.add_argument("--model", default="test-model")
    parser.add_argument("--requests", type=int, default=512)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=0.5, help="what the loopback server's replies take")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.endpoint:
            place = Place(asked.endpoint, asked.model, asked.concurrency)
            figures = compare(place, asked.requests, asked.repeats, Path(folder))
        else:
            with loopback(asked.seconds) as url:
                place = Place(url, asked.model, asked.concurrency)
                figures = compare(place, asked.requests, asked.repeats, Path(folder))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
