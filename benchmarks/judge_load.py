"""Judgements against a judge on loopback that misbehaves on purpose, and what came of them.

    python benchmarks/judge_load.py --judgements 10000

A quarter of the requests meets a fault of the wire (429 with and without Retry-After, 500, 503, resets, delays,
truncated, empty and foreign bodies); a fifth of the replies holds no verdict (a score of 150, nothing, broken
off JSON, another schema, a quotation, two verdicts); the others come in seven forms. Half of the questions are
asked without streaming and half with. Then all are asked again, as `genesys score` does on its next call.
Exit status 1 where a score was made up, a row lost its place, an answered question was asked again, or a limit
was passed, measured at the server.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from chat_server import ChatServer
from judge_rig import Load, MisbehavingJudge, misbehaving_server, run_load

from genesys.rewards.judging import judge_ledger


def measure(
    judgements: int, settings: dict[str, object], server: ChatServer, judge: MisbehavingJudge
) -> list[tuple[str, Load, float]]:
    """All legs: half without and half with streaming, then everything again."""
    half = judgements // 2
    legs = [
        ("whole replies", range(half), False),
        ("streamed replies", range(half, judgements), True),
        ("all again", range(judgements), False),
        ("once more", range(judgements), False),
    ]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GENESYS_CACHE"] = str(Path(folder) / "cache")
        for name, numbers, stream in legs:
            began = time.perf_counter()
            load = run_load(
                numbers, Path(folder), settings={**settings, "stream": stream}, server=server, judge=judge
            )
            found.append((name, load, time.perf_counter() - began))
            print_leg(*found[-1])
    return found


def print_leg(name: str, load: Load, seconds: float) -> None:
    """One leg's counts."""
    causes = ", ".join(f"{count:,} {cause}" for cause, count in sorted(load.unscorable.items())) or "none"
    print(
        f"{name}: {load.scored:,} scored; unscorable: {causes}; fabricated {load.fabricated}, out of place "
        f"{load.disordered}; {load.requests:,} requests in {seconds:.0f} s",
        flush=True,
    )


def main() -> None:
    """Runs the load and prints the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--judgements", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--requests-per-minute", type=int, default=12_000)
    options = parser.parse_args()
    settings: dict[str, object] = {
        "concurrency": options.concurrency,
        "requests_per_minute": options.requests_per_minute,
        "timeout": 180,
        "attempts": 6,
    }
    judge = MisbehavingJudge(options.seed)
    with misbehaving_server(judge) as server:
        legs = measure(options.judgements, settings, server, judge)
    last = legs[-1][1]
    at_once, in_a_minute = server.most_at_once, server.most_in(60.0)
    print(f"asked again after the answer had arrived: {last.asked_twice}")
    print(f"in flight at most {at_once} (limit {options.concurrency})")
    print(f"in any minute at most {in_a_minute:,} (limit {options.requests_per_minute:,})")
    print(f"ledger: {judge_ledger().snapshot()}")
    broken = any(load.fabricated or load.disordered for _, load, _ in legs) or last.asked_twice
    sys.exit(bool(broken or at_once > options.concurrency or in_a_minute > options.requests_per_minute))


if __name__ == "__main__":
    main()
