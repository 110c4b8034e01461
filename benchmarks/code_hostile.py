"""Hostile submissions among good ones: no good verdict may move, and nothing may be left behind.

    python benchmarks/code_hostile.py [--count 1000] [--level landlock]

Verifies `--count` good submissions alone, then mixed with as many hostile ones, and compares.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from submissions import mixture

from genesys.rewards.coding.verifier import CodeVerifier
from genesys.rewards.grading.limits import default_workers
from genesys.rewards.sandbox.pool import Pool, verify_many
from genesys.schema import Problem, Verdict


def processes() -> set[str]:
    """Ids of the processes that tests may have left: of their own users where this is root."""
    users = range(20_000, 60_000) if os.getuid() == 0 else (os.getuid(),)
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if folder.stat().st_uid in users:
                    found.add(folder.name)
            except OSError:
                continue
    return found


def verify(level: str | None, problems: list[Problem], texts: list[str]) -> list[Verdict]:
    """Verdicts, on as many workers as there are cores."""
    pool = Pool(level)
    try:
        return verify_many(pool, CodeVerifier(), problems, texts, workers=default_workers())
    finally:
        pool.close()


def main() -> None:
    """Runs the benchmark; exit status 1 where a verdict moved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--level", default=None)
    options = parser.parse_args()
    problems, texts, scores = mixture(options.count)
    before = processes()
    began = time.perf_counter()
    alone = verify(options.level, problems[::2], texts[::2])
    between = time.perf_counter()
    mixed = verify(options.level, problems, texts)
    ended = time.perf_counter()
    good, hostile = mixed[::2], mixed[1::2]
    moved = sum(one.content() != other.content() for one, other in zip(alone, good, strict=True))
    wrong = sum(verdict.score != score for verdict, score in zip(mixed, scores, strict=True))
    print(
        f"level {good[0].info.get('isolation')}, {options.count} good and {options.count} hostile submissions"
    )
    print(f"good alone {between - began:.0f} s, mixed {ended - between:.0f} s")
    print(f"good verdicts that moved: {moved}; scores that are not as they must be: {wrong}")
    print(f"hostile: {dict(Counter(verdict.cause for verdict in hostile).most_common())}")
    print(f"processes left behind: {len(processes() - before)}")
    raise SystemExit(bool(moved or wrong))


if __name__ == "__main__":
    main()
