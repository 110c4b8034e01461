"""Steps and rules of other packages are held to their contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from curation_runs import Row, make_run, problem, verdict

from genesys.curation import Output, Recipe, curate
from genesys.curation.layouts import Preference, Synthetic1Sft
from genesys.curation.rules import RULES
from genesys.curation.steps import STEPS
from genesys.errors import ConfigurationError

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from genesys.curation.lake import Lake


@dataclass(frozen=True, kw_only=True)
class Query:
    """A step and a rule at once: whatever SQL says."""

    query: str

    def judge(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        return lake.sql(self.query.format(rows=rows))

    def check(self, thresholds: Mapping[str, float]) -> None:
        pass

    def select(self, lake: Lake, rows: str) -> DuckDBPyRelation:
        return lake.sql(self.query.format(rows=rows))


def run_with(tmp_path: Path, output: Output) -> int:
    rows = [Row(problem=problem("a"), index=i, verdicts=[verdict(1.0)]) for i in range(4)]
    run = make_run(tmp_path / "run", rows)
    recipe = Recipe(name="mine", thresholds={}, outputs=(output,))
    return curate([run], recipe, tmp_path / "out").output(output.name).rows


def sft(query: str) -> Output:
    step = Query(query=query)
    return Output(name="sft", layout_name="sft", layout=Synthetic1Sft(), steps=(("query", step),))


def pairs(query: str) -> Output:
    return Output(name="pairs", layout_name="pairs", layout=Preference(), rule=Query(query=query))


def test_a_step_of_ones_own_decides(tmp_path: Path) -> None:
    text = "SELECT place, CASE WHEN length(text) < 10 THEN 'short' WHEN sample_index = 2 THEN 'two' END AS reason"
    join = "FROM {rows} JOIN completion_row USING (location, sample_index)"
    assert run_with(tmp_path, sft(f"{text} {join}")) == 3


@pytest.mark.parametrize(
    "query",
    [
        "SELECT place, NULL::VARCHAR AS reason FROM {rows} WHERE place > 1",
        "SELECT place, NULL::VARCHAR AS reason FROM {rows} UNION ALL SELECT 1, 'twice'",
        "SELECT place, NULL::VARCHAR AS reason FROM {rows} UNION ALL SELECT 99, NULL",
    ],
)
def test_a_step_that_loses_or_invents_rows_is_refused(tmp_path: Path, query: str) -> None:
    with pytest.raises(ConfigurationError, match="step 'query' did not judge every place once: 1 are"):
        run_with(tmp_path, sft(query))
    assert not (tmp_path / "out").exists()


def test_a_rule_that_loses_problems_is_refused(tmp_path: Path) -> None:
    query = "SELECT problem_id, NULL::VARCHAR AS reason, [1, 2] AS places FROM {rows}"
    with pytest.raises(ConfigurationError, match="the rule of 'pairs' did not judge every problem_id once"):
        run_with(tmp_path, pairs(query))
    assert run_with(tmp_path / "again", pairs(f"{query} LIMIT 1")) == 1


def test_every_registered_step_and_rule_loads() -> None:
    for name in STEPS:
        assert hasattr(STEPS.load(name), "judge")
    for name in RULES:
        assert hasattr(RULES.load(name), "select")
