"""Scores must not move with load: programs scored alone and under 8-fold oversubscription.

    python benchmarks/code_load.py [--programs 200] [--near 24] [--factor 8]

`--near` of the programs use between 75 and 125 % of their CPU limit, calibrated in this run, and are
reported apart; the others are ordinary. Exit status 1 where a score of the others moved.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from code_problems_for_tests import code_problem, fenced, stdin_cases
from submissions import GOOD, HALF, square_problem

from genesys.rewards.coding.verifier import CodeVerifier
from genesys.rewards.sandbox.pool import Pool, verify_in_pool, verify_many
from genesys.schema import Problem, Verdict

LIMIT = 0.8
"""CPU seconds that programs near their limit have."""
LOOP = "n = int(input())\nx = 0\nfor i in range({steps}):\n    x += i & 7\nprint(n)"


def steps_per_second(pool: Pool) -> float:
    """How many turns of the loop a CPU second holds here, measured in the sandbox."""
    steps, best = 2_000_000, 1e9
    for _ in range(3):
        problem = code_problem("python", stdin_cases(("1\n", "1\n")), time_limit=20)
        verdict = verify_in_pool(pool, CodeVerifier(), problem, fenced("python", LOOP.format(steps=steps)))
        best = min(best, verdict.cost["slowest_cpu_seconds"])
    return steps / best


def ordinary(count: int) -> tuple[list[Problem], list[str]]:
    """Programs far from their limits: right, half right, failing and endless ones in four languages."""
    problems, texts = [], []
    for index in range(count):
        language = list(GOOD)[index % 4]
        program = (GOOD, HALF)[index // 4 % 2][language]
        if index % 17 == 3:
            language, program = "python", "while True: pass"
        elif index % 17 == 5:
            language, program = "python", "raise ValueError"
        mark = "#" if language == "python" else "//"
        problems.append(square_problem(language))
        texts.append(fenced(language, f"{program}\n{mark} {index % 24}"))
    return problems, texts


def near_the_limit(count: int, rate: float) -> tuple[list[Problem], list[str]]:
    """Programs that use 75 to 125 % of their CPU limit, none within 5 % of it."""
    problems, texts = [], []
    for index in range(count):
        share = 0.75 + 0.2 * (index // 2) / max(1, count // 2 - 1)
        share = share if index % 2 else 2 - share
        problems.append(code_problem("python", stdin_cases(("1\n", "1\n")), time_limit=LIMIT))
        texts.append(fenced("python", LOOP.format(steps=int(rate * LIMIT * share))))
    return problems, texts


def compare(name: str, pool: Pool, work: tuple[list[Problem], list[str]], factor: int) -> int:
    """Scores work alone and oversubscribed; the number of verdicts that differ."""
    cores = len(os.sched_getaffinity(0))

    def scored(workers: int) -> tuple[list[Verdict], float]:
        began = time.perf_counter()
        return verify_many(pool, CodeVerifier(), *work, workers=workers), time.perf_counter() - began

    alone, alone_seconds = scored(1)
    crowded, crowded_seconds = scored(factor * cores)
    moved = [
        index for index, pair in enumerate(zip(alone, crowded, strict=True)) if pair[0].score != pair[1].score
    ]
    print(
        f"{name}: {len(alone)} programs; alone {alone_seconds:.0f} s, {factor * cores} at a time on {cores} cores "
        f"{crowded_seconds:.0f} s; scores that moved: {len(moved)}"
    )
    for index in moved[:10]:
        one, other = alone[index], crowded[index]
        print(f"  {one.score} {one.cause} -> {other.score} {other.cause}: {one.cost} -> {other.cost}")
    return len(moved)


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--near", type=int, default=24)
    parser.add_argument("--factor", type=int, default=8)
    parser.add_argument("--level", default=None)
    options = parser.parse_args()
    pool = Pool(options.level)
    try:
        rate = steps_per_second(pool)
        moved = compare("ordinary", pool, ordinary(options.programs - options.near), options.factor)
        compare("within 25 % of the CPU limit", pool, near_the_limit(options.near, rate), options.factor)
    finally:
        pool.close()
    raise SystemExit(bool(moved))


if __name__ == "__main__":
    main()
