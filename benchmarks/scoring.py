"""Rows a second of `genesys score`, against reading and parsing the same rows and nothing more.

    python benchmarks/scoring.py [FILE ...]

Without files it writes responses to generated problems. The output file is written, durably, as in use.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from genesys.envs.sources import open_problems
from genesys.rewards import Grader
from genesys.rollouts.importing import read_responses
from genesys.rollouts.score_file import ScoreFile
from genesys.rollouts.scoring import ScoreSummary, score_responses


def write_rows(path: Path, rows: int) -> Path:
    """Responses to generated problems, half of them right, with some reasoning."""
    with path.open("w") as file:
        for place, problem in enumerate(open_problems(f"algebra:level=2,size={rows}")):
            gold = problem.verification_info["ground_truth"]
            answer = gold if place % 2 else "17"
            text = f"<think>{'step ' * 200}</think>The answer is \\boxed{{{answer}}}."
            file.write(json.dumps({**problem.to_row(), "llm_response": text}) + "\n")
    return path


def measure(path: Path, out: Path) -> dict[str, float]:
    """Rows/s of reading alone and of the whole scoring, and the ratio of their CPU times."""
    began = time.process_time()
    rows = sum(1 for _ in read_responses(path))
    reading = time.process_time() - began
    grader, summary = Grader(), ScoreSummary()
    began, cpu = time.perf_counter(), time.process_time()
    target = ScoreFile(out, "benchmark")
    score_responses(read_responses(path), grader, summary, out=target)
    target.finish(rows)
    seconds, scoring = time.perf_counter() - began, time.process_time() - cpu
    grader.close()
    return {
        "rows": rows,
        "rows_per_second": round(rows / seconds),
        "cpu_microseconds_a_row": round(1e6 * scoring / rows, 1),
        "of_which_reading": round(1e6 * reading / rows, 1),
    }


def main() -> None:
    """Measures each file and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = arguments.files or [write_rows(folder / "algebra.jsonl", arguments.rows)]
        print(
            json.dumps(
                {path.name: measure(path, folder / f"{path.name}.parquet") for path in files}, indent=2
            )
        )


if __name__ == "__main__":
    main()
