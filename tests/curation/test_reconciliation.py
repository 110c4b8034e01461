"""For any run: what goes in is kept or dropped, and kept is exactly what the published rules keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from curation_runs import CODE, MATH, Row, make_run, problem, verdict
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys.curation import curate
from genesys.rewards.thresholds import passes
from genesys.schema import split_reasoning

SCORES = st.sampled_from([None, 0.0, 0.3, 0.59, 0.6, 0.89, 0.9, 1.0])
PROBLEMS = [problem(f"p{number}", (MATH, CODE)[number % 2]) for number in range(4)]


@st.composite
def run_rows(draw: st.DrawFn) -> list[Row]:
    slots = draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), unique=True, min_size=1, max_size=16)
    )
    rows = []
    for number, index in slots:
        # A verdict is a function of problem and text: equal texts must have equal scores.
        text = draw(st.none() | st.sampled_from(["same", "<think>open"]))
        scored = draw(st.integers(0, 9)) > 0
        score = draw(SCORES) if text is None else 0.9
        verdicts = [verdict(score)] if scored else []
        reason = draw(st.sampled_from(["stop", "stop", "stop", "length"]))
        rows.append(
            Row(problem=PROBLEMS[number], index=index, text=text, verdicts=verdicts, finish_reason=reason)
        )
    rows[0] = Row(problem=rows[0].problem, index=rows[0].index, verdicts=[verdict(1.0)])
    return rows


def score(row: Row) -> float | None:
    return row.verdicts[0].score if row.verdicts else None


def passing(row: Row) -> bool:
    whole = row.finish_reason == "stop" and split_reasoning(row.text or "").answer is not None
    return whole and passes(row.problem.task_type, score(row))


def unique(rows: Sequence[Row]) -> list[Row]:
    """Scorable rows in their total order, the first of equal texts."""
    found: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: (row.problem.problem_id, row.index)):
        if score(row) is not None:
            found.setdefault((row.problem.problem_id, row.text or row.name), row)
    return list(found.values())


def expected_pairs(rows: Sequence[Row]) -> list[tuple[str, str]]:
    groups = defaultdict(list)
    for row in unique(rows):
        groups[row.problem.problem_id].append(row)
    pairs = []
    for group in groups.values():
        chosen = [row for row in group if passing(row)]
        rejected = [row for row in group if (score(row) or 0.0) < 0.6]
        if len(group) > 1 and chosen and rejected:
            best = min(chosen, key=lambda row: (-(score(row) or 0.0), row.index))
            worst = min(rejected, key=lambda row: (score(row) or 0.0, row.index))
            pairs.append((best.name, worst.name))
    return pairs


@settings(max_examples=25)
@given(rows=run_rows(), cut=st.integers(0, 16))
def test_every_row_is_accounted_for(rows: list[Row], cut: int) -> None:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        run = make_run(Path(folder) / "run", rows[:cut], spooled=rows[cut:])
        report = curate([run], "synthetic-1", out)
        tables = {name: pq.read_table(out / name).to_pylist() for name in ("raw", "sft", "preference")}
    for output in report.outputs:
        assert output.completions.read == len(rows)
        assert output.completions.kept + sum(output.completions.dropped.values()) == len(rows)
        assert output.rows == len(tables[output.name])
    problems = report.output("preference").problems
    assert problems is not None
    assert problems.read == len({row.problem.problem_id for row in rows})
    assert problems.kept + sum(problems.dropped.values()) == problems.read
    assert sum(source.completions for source in report.sources) == len(rows)
    assert {row["response_id"] for row in tables["raw"]} == {row.name for row in rows if row.verdicts}
    kept = [row.name for row in unique(rows) if passing(row)]
    assert [row["response_id"] for row in tables["sft"]] == kept
    pairs = [(row["chosen_response_id"], row["rejected_response_id"]) for row in tables["preference"]]
    assert pairs == expected_pairs(rows)
    assert {chosen for chosen, _ in pairs} <= set(kept)
