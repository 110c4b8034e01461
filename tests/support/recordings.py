"""Recordings of responses to generated problems, made for tests and benchmarks."""

from __future__ import annotations

import json
import random
from pathlib import Path

from genesys.envs.sources import open_problems


def write_recording(path: Path, problems: str, n: int, words: int = 60) -> Path:
    """Writes n responses to each problem of a generator: about half right, reasoning of random length."""
    rng = random.Random(0)
    with path.open("w") as file:
        for problem in open_problems(problems):
            for _ in range(n):
                gold = problem.verification_info["ground_truth"]
                answer = gold if rng.random() < 0.5 else str(rng.randint(1000, 9999))
                text = f"<think>{'so ' * rng.randint(1, 2 * words)}</think>\\boxed{{{answer}}}"
                file.write(json.dumps({"problem_id": problem.problem_id, "llm_response": text}) + "\n")
    return path
