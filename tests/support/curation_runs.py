"""Run folders for curation: made through the real writer, from a few words a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from genesys.curation import CurationReport, curate
from genesys.curation.recipe_file import parse_recipe
from genesys.rollouts.identity import RunIdentity
from genesys.rollouts.run_folder import RunFolder, completion_row, problem_row, score_row
from genesys.rollouts.spool import SpoolRow
from genesys.schema import Completion, Problem, Sampling, Verdict

MATH, OUTPUT, CODE, JUDGED = (
    "verifiable_math",
    "code_output_prediction",
    "verifiable_code",
    "llm_judgeable_groundtruth_similarity",
)
Message = Mapping[str, str]


def problem(
    name: str,
    task_type: str = MATH,
    gold: str = "42",
    *,
    prompt: str | None = None,
    source: str | None = None,
    **metadata: Any,
) -> Problem:
    return Problem(
        problem_id=name,
        source=source or f"source-of-{task_type}",
        task_type=task_type,
        prompt=prompt or f"What is {name}? «ß»",
        verification_info={"ground_truth": gold},
        gold_standard_solution=None,
        metadata=metadata,
    )


def verdict(score: float | None, cause: str | None = None, verifier: str = "math@1", **info: Any) -> Verdict:
    if cause is None and score != 1.0:
        cause = "bad_gold" if score is None else "wrong_answer"
    return Verdict(score=score, cause=cause, verifier=verifier, info=info)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One completion, with its verdicts."""

    problem: Problem
    index: int = 0
    verdicts: Sequence[Verdict] = ()
    text: str | None = None
    finish_reason: Any = "stop"
    messages: Sequence[Message] | None = None
    response_id: str | None = None
    tokens: int | None = 7
    parent_id: str | None = None

    @property
    def name(self) -> str:
        return self.response_id or f"{self.problem.problem_id}/{self.index}"


def identity(seed: int = 0) -> RunIdentity:
    return RunIdentity(
        env_id="genesys/math-v0",
        source="test",
        template="plain@1",
        model="tiny",
        model_revision="abc",
        sampling=Sampling(max_tokens=64).identity(),
        seed=seed,
    )


def spool_rows(row: Row) -> list[SpoolRow]:
    messages = row.messages or [{"role": "user", "content": row.problem.prompt}]
    text = row.text if row.text is not None else f"<think>try {row.index}</think>\\boxed{{{row.name}}}"
    completion = Completion(
        response_id=row.name,
        problem_id=row.problem.problem_id,
        sample_index=row.index,
        text=text,
        finish_reason=row.finish_reason,
        prompt_tokens=3,
        completion_tokens=row.tokens,
        parent_id=row.parent_id,
        model="tiny",
        model_revision="abc",
        template="plain@1",
        sampling=Sampling(max_tokens=64, seed=row.index),
        started_at=float(row.index),
    )
    scores = [score_row(row.problem, row.name, completion.text_digest, verdict) for verdict in row.verdicts]
    return [problem_row(row.problem, messages), completion_row(row.problem, completion), *scores]


def make_run(folder: Path, rows: Sequence[Row], *, seed: int = 0, spooled: Sequence[Row] = ()) -> Path:
    """A run whose `rows` stand in parts and whose `spooled` rows were never flushed."""
    run = RunFolder(folder, identity(seed))
    for row in rows:
        run.commit(spool_rows(row))
    for kind in ("problems", "completions", "scores"):
        run.flush(kind)
    for row in spooled:
        run.commit(spool_rows(row))
    run.close(flush=False)
    return folder


@dataclass(frozen=True, kw_only=True)
class Sifted:
    """What an output of some steps kept, and what it says of the rest."""

    kept: list[str]
    reasons: dict[str, str]
    details: dict[str, str | None]
    report: CurationReport


def sifted(folder: Path, rows: Sequence[Row], steps: str, head: str = "") -> Sifted:
    """Curates a run of the rows, right where no verdict is given, by an SFT recipe with these steps, as TOML."""
    run = make_run(folder / "run", [replace(row, verdicts=row.verdicts or [verdict(1.0)]) for row in rows])
    text = f'name = "mine"\n{head}\n[outputs.sft]\nlayout = "synthetic-1-sft"\nsteps = [{steps}]\n'
    report = curate([run], parse_recipe(text), folder / "out", rejected=True)
    rejected = pq.read_table(folder / "out" / "rejected").to_pylist()
    found = Sifted(
        kept=pq.read_table(folder / "out" / "sft").column("response_id").to_pylist(),
        reasons={row["response_id"]: row["reason"] for row in rejected},
        details={row["response_id"]: row["detail"] for row in rejected},
        report=report,
    )
    assert sorted([*found.kept, *found.reasons]) == sorted(row.name for row in rows)
    assert report.output("sft").completions.dropped == dict(Counter(found.reasons.values()))
    return found
