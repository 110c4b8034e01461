"""CPU cost of the mathematics reward beside plain math-verify, on labelled cases, in one run.

    python benchmarks/math_reward.py PATH/cases.jsonl

Both verify the same boxed rows in this process, each warm; a row that takes either of them over ten
seconds is given up and counted at ten. Real rows are those of the categories `gsm8k_boxed` and `math_cot`.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from genesys.envs.sources.rows import read_rows
from genesys.rewards.math_audit import LabelledCase, Verify, read_cases
from genesys.rewards.math_verify_plain import PlainMathVerify
from genesys.rewards.mathematics.verifier import MathVerifier

LIMIT = 10
REAL = ("gsm8k_boxed", "math_cot")


class GaveUpError(BaseException):
    """A verification took longer than the limit; no `except Exception` on the way may swallow it."""


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Stops what runs longer; in a benchmark's main thread a signal will do."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise GaveUpError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def cpu_seconds(cases: list[LabelledCase], verify: Verify) -> float:
    """CPU seconds of verifying all cases."""
    began = time.process_time()
    for case in cases:
        try:
            with alarm(LIMIT):
                verify(case.problem, case.response)
        except GaveUpError:
            continue
    return time.process_time() - began


def quick_microseconds(cases: list[LabelledCase], verifier: MathVerifier) -> list[float]:
    """Microseconds of each verdict in the caller, the best of three."""
    found = []
    for case in cases:
        times = []
        for _ in range(3):
            began = time.perf_counter()
            verifier.quick(case.problem, case.response)
            times.append(time.perf_counter() - began)
        found.append(1e6 * min(times))
    return sorted(found)


def main() -> None:
    """Measures and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path)
    path = parser.parse_args().cases
    boxed = list(read_cases(read_rows(path), forms=frozenset(("boxed",))))
    real = [case for case in boxed if case.category in REAL]
    ours, plain = MathVerifier(), PlainMathVerify()
    for verify in (ours.verify, plain.verify):  # imports and caches
        cpu_seconds(boxed[:50], verify)
    ours_cpu, plain_cpu = cpu_seconds(boxed, ours.verify), cpu_seconds(boxed, plain.verify)
    quick = quick_microseconds(real, ours)
    print(
        json.dumps(
            {
                "boxed_rows": len(boxed),
                "math_per_cpu_second": round(len(boxed) / ours_cpu),
                "math_verify_per_cpu_second": round(len(boxed) / plain_cpu),
                "ratio": round(plain_cpu / ours_cpu, 1),
                "real_rows": len(real),
                "real_p50_microseconds": round(statistics.median(quick), 1),
                "real_p99_microseconds": round(quick[int(0.99 * len(quick))], 1),
                "decided_in_caller": round(
                    sum(ours.quick(case.problem, case.response) is not None for case in boxed) / len(boxed), 4
                ),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
