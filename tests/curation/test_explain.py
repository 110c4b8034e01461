"""Why a row is in a dataset or not, from what is there: rejected rows, runs, or the dataset's rows alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import genesys
from curation_runs import Row, make_run, problem, verdict

from genesys.curation import curate
from genesys.curation.explaining import explain
from genesys.curation.explaining_stories import Explanation, OutputStory, Spot
from genesys.errors import ConfigurationError, UnknownName

DUPLICATE = "<think>hm</think>\\boxed{42}"


def rows() -> list[Row]:
    first, second = problem("first"), problem("second", source="gsm8k")
    scores = [verdict(1.0), verdict(0.0, verifier="math-verify@1")]
    return [
        Row(problem=first, index=0, verdicts=scores, text=DUPLICATE),
        Row(problem=first, index=1, verdicts=scores, text=DUPLICATE),
        Row(problem=first, index=2, verdicts=[verdict(0.0)]),
        Row(problem=first, index=3, verdicts=[verdict(1.0)], finish_reason="length"),
        Row(problem=second, index=0, verdicts=[verdict(None, "bad_gold")]),
        Row(problem=second, index=1),
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run beside datasets with and without rejected rows, and one of them far from it."""
    home = tmp_path_factory.mktemp("explain")
    run = make_run(home / "near" / "run", rows())
    curate([run], "synthetic-1", home / "near" / "told", rejected=True)
    curate([run], "synthetic-1", home / "near" / "plain")
    curate([run], "openr1-math", home / "near" / "grouped", rejected=True)
    (home / "far" / "a" / "b" / "c").mkdir(parents=True)
    for name in ("told", "plain"):
        shutil.copytree(home / "near" / name, home / "far" / "a" / "b" / "c" / name)
    return home


def stories(found: Explanation) -> dict[str, OutputStory]:
    (response,) = found.responses
    return {story.output: story for story in response.outputs}


def said(story: OutputStory) -> list[tuple[str, str, str | None]]:
    return [(step.name, step.said, step.reason) for step in story.steps]


@pytest.mark.parametrize(("dataset", "how"), [("told", "from rejected/ of told"), ("plain", "recomputed")])
def test_rejected_rows_and_judging_again_tell_the_same(home: Path, dataset: str, how: str) -> None:
    found = explain(home / "near" / dataset, "first/1")
    assert found.how.startswith(how)
    told = stories(found)
    assert said(told["sft"]) == [
        ("continued", "kept", None),
        ("scored", "kept", None),
        ("scorable", "kept", None),
        ("duplicate", "dropped", "duplicate"),
        ("truncated", "not reached", None),
        ("threshold", "not reached", None),
    ]
    assert told["raw"].spots == (Spot(file="raw/train-00000-of-00001.parquet", row=1, role="row"),)
    assert told["sft"].spots == ()
    assert told["sft"].verdict == "duplicate"


@pytest.mark.parametrize("dataset", ["told", "plain"])
def test_what_a_rule_selected_says_as_what(home: Path, dataset: str) -> None:
    told = stories(explain(home / "near" / dataset, "first/2"))
    (spot,) = told["preference"].spots
    assert (spot.row, spot.role) == (0, "rejected")
    assert told["preference"].steps[-1].said == "selected"
    left = stories(explain(home / "near" / dataset, "first/3"))
    assert said(left["preference"])[-1] == ("select:best-worst", "dropped", "not_selected")
    assert left["sft"].verdict == "truncated:length"


def test_scores_by_every_verifier_and_the_facts(home: Path) -> None:
    found = explain(home / "near" / "told", "first/0")
    (response,) = found.responses
    assert [(one.verifier, one.score, one.cause, one.counts) for one in response.scores] == [
        ("math-verify@1", 0.0, "wrong_answer", False),
        ("math@1", 1.0, None, True),
    ]
    facts = response.facts
    assert (facts["finish_reason"], facts["completion_tokens"], facts["model"]) == ("stop", 7, "tiny")
    assert facts["characters"] == len(DUPLICATE)
    assert found.problem["verification_info"] == '{"ground_truth":"42"}'


def test_a_problem_is_all_of_its_responses(home: Path) -> None:
    found = explain(home / "near" / "told", "second")
    assert found.asked == "problem"
    assert [one.response_id for one in found.responses] == ["second/0", "second/1"]
    verdicts = [{story.output: story.verdict for story in one.outputs} for one in found.responses]
    assert verdicts[0] == {"raw": "kept", "sft": "unscorable:bad_gold", "preference": "unscorable:bad_gold"}
    assert verdicts[1] == {"raw": "unscored", "sft": "unscored", "preference": "unscored"}


def test_a_generation_is_found_by_its_text(home: Path) -> None:
    told = stories(explain(home / "near" / "grouped", "first/2"))
    assert told["default"].spots == (
        Spot(file="default/train-00000-of-00001.parquet", row=0, role="generation 3"),
    )
    assert told["extended"].verdict == "other_source"


def test_a_run_is_judged_by_the_recipe_that_is_asked_for(home: Path) -> None:
    told = stories(explain(home / "near" / "run", "first/0", recipe="openr1-math"))
    step = told["default"].steps[-1]
    assert (step.said, step.reason) == ("selected", "generation 1")
    assert step.detail == "with first/1, first/2, first/3"
    dropped = told["extended"].steps
    assert [one.said for one in dropped if one.name == "sources"] == ["kept", "dropped"]


def test_without_its_runs_a_dataset_tells_what_it_can_and_says_so(home: Path) -> None:
    far = home / "far" / "a" / "b" / "c"
    told = explain(far / "told", "first/2")
    assert stories(told)["sft"].verdict == "below_threshold"
    assert "name them with --run" in told.notes[0]
    bare = explain(far / "plain", "first/2")
    assert [story.verdict for story in bare.responses[0].outputs] == ["kept", "unknown", "kept"]
    assert "nobody can tell" in bare.notes[1]
    named = explain(far / "plain", "first/2", runs=[home / "near" / "run"])
    assert stories(named)["sft"].verdict == "below_threshold"


def test_the_beginning_of_an_id_will_do_where_one_has_it(home: Path) -> None:
    assert explain(home / "near" / "told", "sec").name == "second"
    assert explain(home / "near" / "told", "first/2").name == "first/2"
    with pytest.raises(UnknownName, match="no response and no problem"):
        explain(home / "near" / "told", "third")
    with pytest.raises(ConfigurationError, match="several ids begin with ''"):
        explain(home / "near" / "told", "")


def test_a_dataset_has_its_own_recipe(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="has its recipe"):
        explain(home / "near" / "told", "first/0", recipe="openr1-math")


def test_the_command_tells_it(home: Path) -> None:
    shown = genesys("explain", home / "near" / "told", "first/1")
    assert shown.returncode == 0, shown.stderr
    for words in (
        "from rejected/ of told",
        "sft: duplicate",
        "raw/train-00000-of-00001.parquet, row 1",
        "math-verify@1",
    ):
        assert words in shown.stdout
