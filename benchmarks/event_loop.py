"""How long a thousand concurrent verifications stall the caller's event loop.

    python benchmarks/event_loop.py

A heartbeat on the same loop asks for the time every millisecond; a stall is the gap between two beats. The
floor is the same heartbeat on an idle loop, in the same process: what the machine itself takes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time

from genesys.envs.sources import open_problems
from genesys.rewards import averify
from genesys.schema import Problem


async def heartbeat(gaps: list[float], stop: asyncio.Event) -> None:
    """Notes the seconds between beats until told to stop."""
    last = time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        gaps.append(now - last)
        last = now


async def idle(seconds: float) -> float:
    """The longest gap of an idle loop, in milliseconds."""
    gaps, stop = list[float](), asyncio.Event()
    beat = asyncio.create_task(heartbeat(gaps, stop))
    await asyncio.sleep(seconds)
    stop.set()
    await beat
    return 1e3 * max(gaps)


async def busy(cases: list[tuple[Problem, str]]) -> tuple[float, float]:
    """The longest gap while all cases are verified at once, in milliseconds, and the seconds it took."""
    gaps, stop = list[float](), asyncio.Event()
    beat = asyncio.create_task(heartbeat(gaps, stop))
    began = time.perf_counter()
    await asyncio.gather(*(averify(problem, text) for problem, text in cases))
    seconds = time.perf_counter() - began
    stop.set()
    await beat
    return 1e3 * max(gaps), seconds


def make_cases(count: int) -> list[tuple[Problem, str]]:
    """Answers of which one in ten needs a worker process."""
    made = []
    for place, problem in enumerate(open_problems(f"algebra:level=3,size={count}")):
        gold = problem.verification_info["ground_truth"]
        answer = f"\\int_0^1 ({gold}) \\, dt" if place % 10 == 0 else gold if place % 2 else "17"
        made.append((problem, f"<think>{'so ' * 300}</think>\\boxed{{{answer}}}"))
    return made


async def measure(count: int) -> dict[str, float]:
    """Idle and busy, after one verification that starts the grader."""
    cases = make_cases(count)
    await averify(*cases[0])
    floor = await idle(1.0)
    stall, seconds = await busy(cases)
    return {
        "verifications": count,
        "seconds": round(seconds, 3),
        "longest_stall_ms": round(stall, 2),
        "longest_idle_gap_ms": round(floor, 2),
    }


def main() -> None:
    """Measures and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000)
    print(json.dumps(asyncio.run(measure(parser.parse_args().count)), indent=2))


if __name__ == "__main__":
    main()
