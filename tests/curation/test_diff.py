"""What flips between two verifiers, and what becomes of the sets: held against datasets really made by either."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import genesys
from curation_runs import OUTPUT, Row, make_run, problem, verdict

from genesys.curation import curate
from genesys.curation.diffing import diff
from genesys.curation.diffing_report import DiffReport
from genesys.errors import ConfigurationError, UnknownName
from genesys.schema import Verdict

OLD, NEW = "math-verify@1", "math@1"


def said(old: float | str | None, new: float | str | None, cause: str | None = None) -> list[Verdict]:
    """What the old and the new verifier say; "" is nothing yet."""
    found = []
    for key, score in ((OLD, old), (NEW, new)):
        if not isinstance(score, str):
            found.append(verdict(score, cause if key == NEW else None, verifier=key))
    return found


def runs_rows() -> list[Row]:
    one, two, three = problem("one"), problem("two", source="other"), problem("three")
    return [
        Row(problem=one, index=0, verdicts=said(1.0, 0.0, "no_answer")),
        Row(problem=one, index=1, verdicts=said(0.0, 1.0)),
        Row(problem=one, index=2, verdicts=said(0.0, 0.0, "truncated")),
        Row(problem=two, index=0, verdicts=said(1.0, 1.0)),
        Row(problem=two, index=1, verdicts=said(0.0, None, "needs_judge")),
        Row(problem=two, index=2, verdicts=said(1.0, "")),
        Row(problem=three, index=0, verdicts=said("", 1.0)),
        Row(problem=three, index=1, verdicts=said("", "")),
        Row(problem=problem("out", OUTPUT), verdicts=[verdict(1.0, verifier="output@1")]),
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("diff") / "run", runs_rows())


@pytest.fixture(scope="module")
def report(run: Path) -> DiffReport:
    return diff([run], "synthetic-1", before=["math-verify"], after=[NEW])


def test_every_completion_is_in_the_matrix_once(report: DiffReport) -> None:
    matrix = report.matrix
    assert sum(count for row in matrix.values() for count in row.values()) == report.completions == 9
    assert matrix["right"] == {"right": 2, "wrong": 1, "unscorable": 0, "unscored": 1}
    assert matrix["wrong"] == {"right": 1, "wrong": 1, "unscorable": 1, "unscored": 0}
    assert matrix["unscored"] == {"right": 1, "wrong": 0, "unscorable": 0, "unscored": 1}
    assert report.flips == 3


def test_rows_that_only_one_has_scored_are_counted_and_are_no_flips(report: DiffReport) -> None:
    assert report.scored_by(before=True, after=False) == 1
    assert report.scored_by(before=False, after=True) == 1
    assert report.scored_by(before=False, after=False) == 1


def test_flips_by_source_and_by_cause(report: DiffReport) -> None:
    maths = "source-of-verifiable_math"
    assert report.by_source() == {
        maths: {"right → wrong": 1, "wrong → right": 1},
        "other": {"wrong → unscorable": 1},
    }
    assert report.by_cause()["right → wrong"] == {"right → no_answer": 1}
    assert report.by_cause()["wrong → unscorable"] == {"wrong_answer → needs_judge": 1}


def test_task_types_that_nobody_names_keep_their_verifier(report: DiffReport) -> None:
    assert report.before == {"verifiable_math": OLD, OUTPUT: "output@1"}
    assert report.after == {"verifiable_math": NEW, OUTPUT: "output@1"}


def test_samples_show_one_of_each_kind_with_gold_and_the_answers_end(report: DiffReport) -> None:
    kinds = {(sample.was, sample.now): sample for sample in report.samples}
    assert set(kinds) == {("right", "wrong"), ("wrong", "right"), ("wrong", "unscorable")}
    flip = kinds["right", "wrong"]
    assert (flip.response_id, flip.gold, flip.cause_now, flip.score_was) == ("one/0", "42", "no_answer", 1.0)
    assert flip.answer_end.endswith("\\boxed{one/0}")


def test_the_sets_are_those_that_curation_makes(run: Path, report: DiffReport) -> None:
    for key in (OLD, NEW):
        curate([run], "synthetic-1", run.parent / key, verifiers=[key])
    for change in report.sets:
        names = (
            ["response_id"]
            if change.output != "preference"
            else ["chosen_response_id", "rejected_response_id"]
        )
        before, after = (
            {
                tuple(row.values())
                for row in pq.read_table(run.parent / key / change.output, columns=names).to_pylist()
            }
            for key in (OLD, NEW)
        )
        assert set(change.left) == before - after
        assert set(change.entered) == after - before
        assert (change.before, change.after, change.stayed) == (len(before), len(after), len(before & after))
    sets = {change.output: change for change in report.sets}
    assert sets["sft"].left_why == {"below_threshold": 1, "unscored": 1}
    assert sets["sft"].entered_why == {"below_threshold": 1, "unscored": 1}
    assert sets["preference"].left == (("one/0", "one/1"), ("two/0", "two/1"))
    assert sets["preference"].entered == (("one/1", "one/0"),)
    assert sets["preference"].left_why == {"fewer_than_two_completions": 1, "other_selection": 1}
    assert sets["raw"].rescored == 4


def test_a_verifier_against_itself_changes_nothing(run: Path) -> None:
    report = diff([run], "synthetic-1", before=[NEW], after=[NEW])
    assert report.flips == 0
    assert not report.samples
    assert all(not change.left and not change.entered and not change.rescored for change in report.sets)


def test_names_that_name_nobody_or_several_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'math@1'"):
        diff([run], "synthetic-1", before=["math@2"], after=[NEW])
    both = [verdict(1.0, verifier="math@1"), verdict(1.0, verifier="math@1+ab")]
    several = make_run(tmp_path / "several", [Row(problem=problem("p"), verdicts=both)])
    with pytest.raises(ConfigurationError, match="names several verifiers: math@1, math@1\\+ab"):
        diff([several], "synthetic-1", before=["math"], after=["math@1"])


def test_the_command_prints_it(run: Path) -> None:
    shown = genesys("diff", run, "--from", "math-verify", "--to", "math@1")
    assert shown.returncode == 0, shown.stderr
    for words in (
        "9 completions, 3 flip",
        "left: below_threshold",
        "1 completions that only --to has scored",
    ):
        assert words in shown.stdout


def test_the_report_is_json(report: DiffReport) -> None:
    found = json.loads(json.dumps(report.to_json()))
    assert found["flips"] == 3
    assert found["sets"][1]["entered"] == [["one/1"], ["three/0"]]
    assert found["matrix"]["right"]["wrong"] == 1
