"""Synthetic traces for `curate_scale.py`: a run folder of any size, in seconds a gigabyte.

Each trace is about 10 kB of words drawn as in a language (zstd packs them to two fifths), four to a
problem. Half of them are right, one in fifty repeats another one, some are cut short or unscorable, and
problem ids do not follow the order of the harvest: curation has to move every text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.parts import write_part
from genesys.rollouts.run_folder import RunFolder
from genesys.rollouts.tables import COMPLETIONS, PROBLEMS, SCORES
from genesys.schema import Sampling, canonical_json, text_digest

GROUP = 4
ROWS_PER_PART = 5_000
VERIFIER = "math@1"
_POOL = 64 << 20
"""Characters of text that traces are cut from: far more than a compressor looks back."""

_CAUSES = ((1.0, None), (1.0, None), (0.0, "wrong_answer"), (0.0, "no_answer"), (None, "needs_judge"))
_SHARES = (0.45, 0.05, 0.42, 0.05, 0.03)


def make_pool(rng: np.random.Generator) -> str:
    """Words of a vocabulary of 20,000, the frequent ones far more often, in sentences."""
    letters = np.frombuffer(b"etaoinshrdlucmfwypvbgkjqxz", dtype=np.uint8)
    lengths = rng.integers(2, 11, size=20_000)
    words = [letters[rng.geometric(0.11, size=length) % 26].tobytes().decode() for length in lengths]
    words = [f"{word}. " if number % 11 == 10 else f"{word} " for number, word in enumerate(words)]
    drawn = np.minimum(rng.zipf(1.12, size=_POOL // 5), 19_999)
    return "".join(words[index] for index in drawn.tolist())[:_POOL]


def make_traces(folder: Path, rows: int, *, length: int = 10_000, seed: int = 0) -> Path:
    """Writes a run of `rows` completions with their scores.

    Args:
        folder: The run folder to make.
        rows: How many completions.
        length: Characters of a trace, on average.
        seed: Of everything random.
    """
    identity = RunIdentity(
        env_id="genesys/math-v0",
        source="synthetic",
        template="plain@1",
        model="synthetic-traces",
        model_revision=f"seed-{seed}",
        sampling=Sampling().identity(),
        seed=seed,
    )
    RunFolder(folder, identity).close()
    rng = np.random.default_rng(seed)
    pool = make_pool(rng)
    problems = (rows + GROUP - 1) // GROUP
    for kind, batches in (
        ("problems", _problems(pool, problems, rng)),
        (None, _completions(pool, rows, length, rng)),
    ):
        for tables in batches:
            for table, name in zip(tables, ("completions", f"scores/{VERIFIER}"), strict=False):
                write_part(folder / (kind or name), table)
    return folder


def _ids(kind: str, numbers: range) -> list[str]:
    return [hashlib.blake2b(f"{kind}{n}".encode(), digest_size=16).hexdigest() for n in numbers]


def _problems(pool: str, count: int, rng: np.random.Generator) -> Iterator[tuple[pa.Table]]:
    for first in range(0, count, 50_000):
        numbers = range(first, min(count, first + 50_000))
        starts = rng.integers(0, _POOL - 2000, size=len(numbers)).tolist()
        prompts = [f"Problem {n}: {pool[start : start + 300 + n % 200]}" for n, start in zip(numbers, starts, strict=True)]  # fmt: skip
        info = [canonical_json({"ground_truth": str(n)}) for n in numbers]
        columns = {
            "problem_id": _ids("problem", numbers),
            "source": [("numina", "aops", "cn_k12")[n % 3] for n in numbers],
            "task_type": ["verifiable_math"] * len(numbers),
            "in_source_id": [str(n) for n in numbers],
            "prompt": prompts,
            "gold_standard_solution": [None] * len(numbers),
            "verification_info": info,
            "metadata": [canonical_json({"level": n % 7}) for n in numbers],
            "problem_digest": _ids("digest", numbers),
            "messages": [[{"content": prompt, "role": "user"}] for prompt in prompts],
        }
        yield (pa.table(columns, schema=PROBLEMS),)


def _completions(
    pool: str, rows: int, length: int, rng: np.random.Generator
) -> Iterator[tuple[pa.Table, pa.Table]]:
    for first in range(0, rows, ROWS_PER_PART):
        numbers = range(first, min(rows, first + ROWS_PER_PART))
        texts = _texts(pool, numbers, length, rng)
        ids = _ids("response", numbers)
        of = [number // GROUP for number in numbers]
        problem_ids = [_ids("problem", range(n, n + 1))[0] for n in of]
        problem_digests = [_ids("digest", range(n, n + 1))[0] for n in of]
        digests = [text_digest(text) for text in texts]
        keys = {"response_id": ids, "problem_id": problem_ids, "problem_digest": problem_digests, "text_digest": digests}  # fmt: skip
        cut = (rng.random(len(numbers)) < 0.03).tolist()
        yield _completion_table(keys, texts, numbers, cut), _score_table(keys, texts, rng)


def _texts(pool: str, numbers: range, length: int, rng: np.random.Generator) -> list[str]:
    lengths = (length * rng.lognormal(-0.125, 0.5, size=len(numbers))).astype(int) + 100
    starts = rng.integers(0, _POOL - int(lengths.max()), size=len(numbers))
    texts = [
        f"<think>\n{pool[start : start + size]}\n</think>\n{pool[start : start + 200]} \\boxed{{{number}}}"
        for number, start, size in zip(numbers, starts.tolist(), lengths.tolist(), strict=True)
    ]
    for place in np.flatnonzero(rng.random(len(texts)) < 0.02).tolist():
        texts[place] = texts[place - place % GROUP]
    return texts


def _completion_table(
    keys: dict[str, list[str]], texts: list[str], numbers: range, cut: list[bool]
) -> pa.Table:
    count = len(texts)
    sampling = [json.dumps({**Sampling().identity(), "seed": number}) for number in numbers]
    columns = {
        **keys,
        "sample_index": [number % GROUP for number in numbers],
        "finish_reason": ["length" if short else "stop" for short in cut],
        "prompt_tokens": [120] * count,
        "completion_tokens": [len(text) // 4 for text in texts],
        "model": ["synthetic-traces"] * count,
        "model_revision": ["seed-0"] * count,
        "template": ["plain@1"] * count,
        "sampling": sampling,
        "started_at": [1.7e9 + number for number in numbers],
        "seconds": [30.0] * count,
        "host": ["benchmark"] * count,
        "text": texts,
    }
    for name in ("parent_id", "token_ids", "logprobs"):
        columns[name] = [None] * count
    return pa.table(columns, schema=COMPLETIONS)


def _score_table(keys: dict[str, list[str]], texts: list[str], rng: np.random.Generator) -> pa.Table:
    seen: dict[str, int] = {}
    drawn = rng.choice(len(_CAUSES), size=len(texts), p=_SHARES).tolist()
    verdicts = [
        _CAUSES[seen.setdefault(digest, choice)]  # equal texts have equal verdicts
        for digest, choice in zip(keys["text_digest"], drawn, strict=True)
    ]
    info = canonical_json({"tier": "number", "answer": "42", "gold": "42"})
    columns = {
        **keys,
        "verifier": [VERIFIER] * len(texts),
        "score": [score for score, _ in verdicts],
        "cause": [cause for _, cause in verdicts],
        "info": [info] * len(texts),
        "cost": ['{"cpu_seconds":0.001,"seconds":0.001}'] * len(texts),
    }
    return pa.table(columns, schema=SCORES)
