"""Whose scores count."""

from __future__ import annotations

from pathlib import Path

import pytest
from curation_runs import OUTPUT, Row, make_run, problem, verdict

from genesys.curation import curate, load_recipe
from genesys.errors import ConfigurationError, UnknownName

PLAIN = "math-verify@0.9.0"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A mathematics problem that two verifiers disagree on, and an output prediction with one."""
    rows = [
        Row(problem=problem("a"), verdicts=[verdict(1.0), verdict(0.0, verifier=PLAIN)]),
        Row(problem=problem("b", OUTPUT), verdicts=[verdict(1.0, verifier="output@1")]),
    ]
    return make_run(tmp_path / "run", rows)


def test_the_task_types_own_verifier_counts_where_another_has_scored_for_comparison(
    run: Path, tmp_path: Path
) -> None:
    assert curate([run], "synthetic-1", tmp_path / "out").verifiers["verifiable_math"] == "math@1"


def test_several_verifiers_of_which_none_is_the_task_types_own_are_listed(tmp_path: Path) -> None:
    verdicts = [verdict(1.0, verifier=PLAIN), verdict(0.0, verifier="mine@1")]
    run = make_run(tmp_path / "run", [Row(problem=problem("a"), verdicts=verdicts)])
    with pytest.raises(ConfigurationError) as caught:
        curate([run], "synthetic-1", tmp_path / "out")
    assert f"verifiable_math: {PLAIN} (1 responses), mine@1 (1 responses)" in caught.value.fault
    assert f"--verifier {PLAIN}" in str(caught.value.remedy)


@pytest.mark.parametrize(("asked", "kept"), [("math@1", 2), (PLAIN, 1), ("math", 2), ("math-verify", 1)])
def test_the_verifier_asked_for_counts_and_leaves_other_task_types(
    run: Path, tmp_path: Path, asked: str, kept: int
) -> None:
    report = curate([run], "synthetic-1", tmp_path / "out", verifiers=[asked])
    assert report.output("sft").rows == kept
    assert report.verifiers["code_output_prediction"] == "output@1"


def test_the_recipe_chooses_where_nobody_asks(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(load_recipe("synthetic-1").text + f'\n[verifiers]\nverifiable_math = "{PLAIN}"\n')
    assert curate([run], path, tmp_path / "out").verifiers["verifiable_math"] == PLAIN
    asked = curate([run], path, tmp_path / "out", verifiers=["math@1"])
    assert asked.verifiers["verifiable_math"] == "math@1"


def test_a_verifier_of_the_recipe_that_scored_nothing_is_an_error(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(load_recipe("synthetic-1").text + '\n[verifiers]\nverifiable_math = "math@2"\n')
    with pytest.raises(ConfigurationError, match=r"'math@2' for verifiable_math.*there are: .*math@1"):
        curate([run], path, tmp_path / "out")


def test_an_unknown_verifier_is_named_with_what_there_is(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"verifier key 'maths@1'\nDid you mean 'math@1'\?"):
        curate([run], "synthetic-1", tmp_path / "out", verifiers=["maths@1"])


def test_parameters_make_another_verifier(tmp_path: Path) -> None:
    other = "math@1+0a1b2c3d"
    row = Row(problem=problem("a"), verdicts=[verdict(1.0), verdict(0.0, verifier=other)])
    run = make_run(tmp_path / "run", [row])
    assert curate([run], "synthetic-1", tmp_path / "a", verifiers=["math@1"]).output("sft").rows == 1
    assert curate([run], "synthetic-1", tmp_path / "b", verifiers=[other]).output("sft").rows == 0
    with pytest.raises(ConfigurationError, match="several verifiers"):
        curate([run], "synthetic-1", tmp_path / "c", verifiers=["math"])
