"""Small runs made through the real seams, for the tests of everything that reads or writes runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.run_folder import RunFolder, completion_row, problem_row, score_row
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.tables import VOLATILE
from genesys.schema import Completion, Problem, Sampling, Verdict, digest_of


def make_identity(**changes: Any) -> RunIdentity:
    """An identity; changes say what differs."""
    fields: dict[str, Any] = {
        "env_id": "genesys/math-v0",
        "source": "arithmetic@1:level=0",
        "template": "plain@1",
        "model": "model",
        "model_revision": "sha256:1",
        "sampling": Sampling().identity(),
        "seed": 0,
    }
    return RunIdentity(**(fields | changes))


def make_problem(number: int, gold: str = "42") -> Problem:
    """A mathematics problem."""
    return Problem(
        problem_id=f"p{number}",
        source="test",
        task_type="verifiable_math",
        prompt=f"Question {number}?",
        verification_info={"ground_truth": gold},
    )


def make_completion(
    problem: Problem, index: int = 0, text: str = "\\boxed{42}", **changes: Any
) -> Completion:
    """A completion of a problem."""
    fields: dict[str, Any] = {
        "response_id": digest_of(problem.problem_id, index, bits=128),
        "problem_id": problem.problem_id,
        "sample_index": index,
        "text": text,
        "finish_reason": "stop",
        "prompt_tokens": 5,
        "completion_tokens": 7,
        "model": "model",
        "model_revision": "sha256:1",
        "template": "plain@1",
        "sampling": Sampling(seed=index),
    }
    return Completion(**(fields | changes))


def commit(run: RunFolder, problem: Problem, completion: Completion, verdict: Verdict | None = None) -> None:
    """Commits a problem, a completion of it and maybe a verdict."""
    rows = [
        problem_row(problem, [{"role": "user", "content": problem.prompt}]),
        completion_row(problem, completion),
    ]
    if verdict is not None:
        rows.append(score_row(problem, completion.response_id, completion.text_digest, verdict))
    run.commit(rows)


def content(folder: Path, kind: str, verifier: str | None = None) -> pa.Table:
    """A kind's rows in a fixed order, without the columns that may differ."""
    table = RunReader(folder).table(kind, verifier=verifier)
    kept = [name for name in table.column_names if name not in VOLATILE]
    order = "problem_id" if kind == "problems" else "response_id"
    return table.select(kept).sort_by(order)
