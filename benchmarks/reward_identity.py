"""Is the reward online the reward that filtered the data? 500 real completions through every door.

    python benchmarks/reward_identity.py [--count 500] [--data ../shared/data]

Mathematics and output prediction are published responses of language models; code is golds and known bugs,
wrapped as completions. Each is scored in a step of TRL's GRPOTrainer, by the function of AsyncGRPO's rollout
worker in a spawned process with the pickled reward, by `genesys collect` from a recording, and by
`genesys score`. Every two floats are compared bit by bit. The trainer keeps rewards in single precision: its
own log must hold exactly the single of the reward's double.
"""

from __future__ import annotations

import argparse
import os
import pickle
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from math import isnan
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE", TRL_EXPERIMENTAL_SILENCE="1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from reward_doors import (
    Case,
    Scores,
    distinct,
    through_async_child,
    through_collector,
    through_grpo,
    through_score,
)

from genesys.envs.sources import open_problems
from genesys.rewards import grader
from genesys.rollouts.importing import read_responses
from genesys.schema import Problem
from genesys.training import reward
from genesys.training.batch_grading import is_in_process

SHARES = {
    "rg_llama3b_think": 0.16,
    "rg_qwen3b_pair": 0.16,
    "qwen_math_cot_100": 0.12,
    "gsm8k_example_model_solutions": 0.08,
    "rg_zero_shot": 0.16,
    "cruxeval_codellama": 0.16,
}
"""Of all completions; the rest is code."""

LONGEST = 6000


def main() -> None:
    """Takes the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    options = parser.parse_args()
    cases = distinct(list(islice(choose(options.data / "real", options.count), options.count)))
    print(f"{len(cases)} completions: {dict(Counter(problem.task_type for problem, _ in cases))}")
    with tempfile.TemporaryDirectory() as name:
        doors = score_everywhere(cases, Path(name))
    differing = compare(doors)
    first = doors["reward in a GRPOTrainer step"]
    values = Counter(
        "unscorable" if score is None else "1" if score == 1 else "0" if score == 0 else "between"
        for score in first
    )
    print(f"scores: {dict(values)}; floats that differ from those of the GRPOTrainer step: {differing}")
    sys.exit(1 if differing else 0)


def choose(real: Path, count: int) -> Iterator[Case]:
    """Completions spread over the files, then code, until there are `count`."""
    for name, share in SHARES.items():
        yield from islice(_responses(real / "responses" / f"{name}.jsonl.gz"), round(share * count))
    yield from _programs(real / "common")


def _responses(path: Path) -> Iterator[Case]:
    for place, response in enumerate(read_responses(path)):
        fits = 0 < len(response.text) <= LONGEST and place % 3 == 0
        if fits and grader().check_gold(response.problem) is None:
            metadata = {**response.problem.metadata, "answer_format": _form(response.text)}
            yield replace(response.problem, metadata=metadata), response.text


def _form(text: str) -> str:
    """Where the answer stands; the files mix several prompts."""
    return "answer_tag" if "<answer>" in text else "boxed" if "\\boxed" in text else "bare"


def _programs(common: Path) -> Iterator[Case]:
    """Golds and known bugs, where the tests run apart from the solution."""
    for source in ("code-problems", common / "quixbugs.jsonl.gz", common / "mbpp.jsonl.gz"):
        for problem in open_problems(source):
            if problem.verification_info.get("language") in ("python", "javascript") and not is_in_process(
                problem
            ):
                yield from _completions(problem)


def _completions(problem: Problem) -> Iterator[Case]:
    language = problem.verification_info["language"]
    for program in (problem.gold_standard_solution, problem.metadata.get("incorrect_solution")):
        if program:
            block = program if "```" in program else f"```{language}\n{program}\n```"
            yield problem, f"<think>Let me write it.</think>\n{block}"


def score_everywhere(cases: list[Case], folder: Path) -> dict[str, Scores]:
    """Door -> scores, in the order of the cases."""
    began = time.perf_counter()
    returned, logged = through_grpo(cases, reward(), folder)
    doors = {"reward in a GRPOTrainer step": returned, "the trainer's own log (single precision)": logged}
    doors["AsyncGRPO's worker, spawned"] = through_async_child(cases, pickle.dumps(reward()), folder)
    doors["genesys collect"] = through_collector(cases, folder)
    doors["genesys score"] = through_score(cases, folder)
    print(f"all doors in {time.perf_counter() - began:.0f} s")
    return doors


def compare(doors: dict[str, Scores]) -> int:
    """Prints and counts the floats that differ from the first door's."""
    (_, first), *others = doors.items()
    total = 0
    for name, scores in others:
        single = "single" in name
        expected = [_bits(score, single) for score in first]
        differing = sum(bits != _bits(score, single) for bits, score in zip(expected, scores, strict=True))
        print(f"  {name:42} {len(scores) - differing} of {len(scores)} the same")
        total += differing
    return total


def _bits(score: float | None, single: bool) -> bytes:
    """A float to the bit; a trainer's NaN is our None."""
    if score is None or isnan(score):
        return b"none"
    return struct.pack("<f" if single else "<d", score)


if __name__ == "__main__":
    main()
