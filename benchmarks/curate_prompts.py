"""Near duplicates and decontamination of prompts: what is found, what is found wrongly, and how fast.

    python benchmarks/curate_prompts.py PROBLEMS [PROBLEMS ...] --tests TESTS

PROBLEMS are files of problems (JSONL, .gz, Parquet), TESTS the test sets to keep out. Among the problems it
plants rewordings of every tenth one, and among the test problems rewritings of each, and counts which the
steps `near-duplicate` and `decontaminate` find. Pairs among the problems themselves whose gold answers differ
are false positives for sure; they are counted with and without the guards.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from genesys.curation.contamination import ContaminationIndex, HeldOutProblem
from genesys.curation.held_out import load_test_sets
from genesys.curation.near_duplicates import first_alike
from genesys.curation.steps.near_duplicate import NearDuplicate
from genesys.curation.words import plain_text
from genesys.envs.sources.rows import read_rows
from genesys.schema import canonical_json, parse_struct

_SYNONYMS = {
    "find": "determine", "determine": "find", "what is": "calculate", "how many": "what number of",
    "compute": "evaluate", "given": "suppose", "let": "suppose that", "such that": "so that",
    "express your answer": "give your answer", "write": "implement", "function": "routine",
    "each": "every", "total": "overall", "if": "when", "returns": "gives back", "then": "next",
}  # fmt: skip


def reworded(text: str) -> str:
    """Usual words replaced by their like."""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, _SYNONYMS)) + r")\b", re.IGNORECASE)
    return pattern.sub(lambda match: _SYNONYMS[match.group().lower()], text)


def framed(text: str) -> str:
    """Somebody's words around it."""
    return f"Here is a question for you. {text} Explain your steps."


def reordered(text: str) -> str:
    """Its first sentence last."""
    first, _, rest = text.partition(". ")
    return f"{rest} {first}." if rest else text


REWORDINGS: dict[str, Callable[[str], str]] = {"reworded": reworded, "framed": framed, "reordered": reordered}
REWRITINGS: dict[str, Callable[[str], str]] = {
    "exact": lambda text: text,
    "re-cased": str.upper,
    "re-spaced": lambda text: re.sub(r"\s+", " \n\t ", text),
    "re-punctuated": lambda text: re.sub(r"[,.;:!?$]", " ", text),
    "embedded": lambda text: f"A teacher wrote on the board: {text} Then she asked her class to answer. " + "So it went. " * 40,
}  # fmt: skip


def read_problems(paths: Sequence[str]) -> list[dict[str, Any]]:
    """The problems of files, one of each prompt."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        for _, row in read_rows(path):
            info = canonical_json(parse_struct(row["verification_info"], column="verification_info"))
            found.setdefault(plain_text(row["prompt"]), {"prompt": row["prompt"], "info": info})
    return list(found.values())


def near_duplicates(problems: Sequence[dict[str, Any]], step: NearDuplicate) -> dict[str, Any]:
    """Plants rewordings of every tenth problem; counts what is found, and what differs in its gold."""
    rng = random.Random(0)
    planted = [
        (index, name, {**problems[index], "prompt": rewrite(problems[index]["prompt"])})
        for index in sorted(rng.sample(range(len(problems)), len(problems) // 10))
        for name, rewrite in REWORDINGS.items()
    ]
    rows = [*problems, *(row for _, _, row in planted)]
    texts = [row["prompt"] for row in rows]
    began = time.process_time()
    keys = [step.key_of(row["prompt"], row["info"]) for row in rows]
    alike = first_alike(texts, keys, least=step.least, size=step.words)
    seconds = time.process_time() - began
    hits = Counter(
        name
        for place, (index, name, _) in enumerate(planted, len(problems))
        if alike[place][0] == alike[index][0]
    )
    pairs = [(place, first) for place, (first, _) in enumerate(alike[: len(problems)]) if place != first]
    other = sum(rows[place]["info"] != rows[first]["info"] for place, first in pairs)
    count = len(planted) // len(REWORDINGS)
    return {
        "prompts": len(rows),
        "prompts_per_cpu_second": round(len(rows) / seconds),
        "planted_found_percent": {name: round(100 * hits[name] / count, 1) for name in REWORDINGS},
        "real_problems_dropped": len(pairs),
        "of_which_have_another_gold": other,
        "false_positives_percent": round(100 * other / len(problems), 2),
    }


def decontamination(
    problems: Sequence[dict[str, Any]], tests: Sequence[HeldOutProblem], coverage: float
) -> dict[str, Any]:
    """Plants rewritings of each test; counts what is found, and which real problems are taken for tests."""
    index = ContaminationIndex(tests, coverage=coverage)
    found = {
        name: sum(index.match(rewrite(test.text)) is not None for test in tests)
        for name, rewrite in REWRITINGS.items()
    }
    began = time.process_time()
    matches = [index.match(problem["prompt"]) for problem in problems]
    seconds = time.process_time() - began
    hits = [match for match in matches if match is not None]
    return {
        "tests": len(index),
        "planted_found_percent": {name: round(100 * count / len(tests), 1) for name, count in found.items()},
        "prompts": len(problems),
        "prompts_per_cpu_second": round(len(problems) / seconds),
        "real_problems_dropped": len(hits),
        "of_which_hold_at_least_half_of_the_test": sum(match.coverage >= 0.5 for match in hits),
    }


def main() -> None:
    """Measures, and prints one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("problems", nargs="+")
    parser.add_argument("--tests", action="append", default=[])
    arguments = parser.parse_args()
    problems = read_problems(arguments.problems)
    steps = {
        "near_duplicates": NearDuplicate(),
        "near_duplicates_without_answers": NearDuplicate(answers=False),
        "near_duplicates_without_guards": NearDuplicate(numbers=False, answers=False),
    }
    found: dict[str, Any] = {name: near_duplicates(problems, step) for name, step in steps.items()}
    if arguments.tests:
        tests = load_test_sets(tuple(arguments.tests))
        for name, coverage in (("decontamination", 0.0), ("decontamination_coverage_0.3", 0.3)):
            found[name] = decontamination(problems, tests, coverage)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
