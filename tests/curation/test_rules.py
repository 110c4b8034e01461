"""Rules beyond the published pair: margins, like lengths, near-misses, several pairs, brevity, groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from curation_runs import CODE, Row, make_run, problem, verdict

from genesys.curation import Tally, curate
from genesys.curation.recipe_file import parse_recipe
from genesys.errors import ConfigurationError

Answer = tuple[float | None, int] | tuple[float | None, int, str]
"""Score, length of the text, maybe the cause."""


def answers(name: str, given: Sequence[Answer]) -> list[Row]:
    return [
        Row(
            problem=problem(name, CODE),
            index=index,
            text=f"{index}" + "x" * (length - 1),
            verdicts=[verdict(score, *cause)],
        )
        for index, (score, length, *cause) in enumerate(given)
    ]


def pairs(folder: Path, rows: Sequence[Row], rule: str) -> tuple[list[tuple[str, str]], Tally]:
    text = f'name = "mine"\n[thresholds]\ndefault = 0.9\n[outputs.p]\nlayout = "preference"\nselect = {{ {rule} }}\n'
    report = curate([make_run(folder / "run", rows)], parse_recipe(text), folder / "out", rejected=True)
    found = pq.read_table(folder / "out" / "p").to_pylist()
    problems = report.output("p").problems
    assert problems is not None
    assert problems.kept == len({row["problem_id"] for row in found})
    named = {row[f"{side}_response_id"] for row in found for side in ("chosen", "rejected")}
    rejected = pq.read_table(folder / "out" / "rejected").column("response_id").to_pylist()
    assert sorted([*named, *rejected]) == sorted(row.name for row in rows)
    return [(row["chosen_response_id"], row["rejected_response_id"]) for row in found], problems


def test_the_margin_is_the_least_difference_of_scores(tmp_path: Path) -> None:
    rows = [*answers("a", [(0.9, 9), (0.5, 9)]), *answers("b", [(1.0, 9), (0.4, 9)])]
    found, tally = pairs(tmp_path, rows, 'rule = "pairs", margin = 0.5')
    assert found == [("b/0", "b/1")]
    assert tally.dropped == {"none_with_the_margin": 1}


def test_like_lengths_leave_length_out_of_what_is_learned(tmp_path: Path) -> None:
    rows = [*answers("a", [(1.0, 100), (0.0, 300), (0.1, 120)]), *answers("b", [(1.0, 100), (0.0, 300)])]
    found, tally = pairs(tmp_path, rows, 'rule = "pairs", length_ratio = 1.25')
    assert found == [("a/0", "a/2")]
    assert tally.dropped == {"none_of_like_length": 1}


def test_the_hardest_negative_is_a_near_miss(tmp_path: Path) -> None:
    rows = [
        *answers("a", [(1.0, 100), (0.0, 100), (0.5, 300)]),
        *answers(
            "b", [(1.0, 100), (0.0, 100, "no_answer"), (0.0, 400, "wrong_answer"), (0.0, 110, "wrong_answer")]
        ),
    ]
    found, _ = pairs(tmp_path, rows, 'rule = "pairs", reject = "hardest"')
    assert found == [("a/0", "a/2"), ("b/0", "b/3")]


def test_several_pairs_of_a_problem_have_several_rejected_answers(tmp_path: Path) -> None:
    rows = answers("a", [(1.0, 9), (0.0, 9), (0.95, 9), (0.3, 9), (0.5, 9), (None, 9)])
    found, tally = pairs(tmp_path, rows, 'rule = "pairs", at_most = 2')
    assert found == [("a/0", "a/1"), ("a/0", "a/3")]
    assert tally.kept == 1


def test_pairs_of_one_is_the_published_rule(tmp_path: Path) -> None:
    rows = [
        *answers("a", [(0.9, 9), (0.2, 9), (1.0, 9), (0.2, 9)]),
        *answers("b", [(1.0, 9)]),
        *answers("c", [(0.5, 9), (0.1, 9)]),
        *answers("d", [(1.0, 9), (0.6, 9)]),
        *answers("e", [(None, 9), (None, 9)]),
    ]
    one, tally = pairs(tmp_path / "one", rows, 'rule = "pairs"')
    other, published = pairs(tmp_path / "other", rows, 'rule = "best-worst"')
    assert one == other == [("a/2", "a/1")]
    assert tally == published


def test_concise_pairs_are_both_right_and_the_much_shorter_one_is_chosen(tmp_path: Path) -> None:
    rows = [
        *answers("a", [(1.0, 300), (1.0, 100), (0.0, 20), (None, 10), (1.0, 190)]),
        *answers("b", [(1.0, 100), (1.0, 150)]),
        *answers("c", [(1.0, 100), (0.0, 900)]),
        *answers("d", [(0.9, 100), (1.0, 900)]),
    ]
    found, tally = pairs(tmp_path, rows, 'rule = "concise", ratio = 2.0')
    assert found == [("a/1", "a/0")]
    assert tally.dropped == {"fewer_than_two_right": 1, "none_much_shorter": 2}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('rule = "pairs", margin = 2', r"margin must be a number in \[0, 1\], not 2"),
        ('rule = "pairs", length_ratio = 0.5', r"length_ratio must be a number in \[1, ∞\)"),
        ('rule = "pairs", reject = "hard"', "Did you mean 'hardest'"),
        ('rule = "pairs", at_most = 0', "at_most must be a whole number from 1"),
        ('rule = "pairs", rejected_below = 0.95', "passes from 0.9, but rejected_below is 0.95"),
        ('rule = "concise", ratio = 1', r"ratio must be a number in \(1, ∞\), not 1"),
        ('rule = "group", at_least = 5', "at most 4 cannot have 5"),
    ],
)
def test_settings_that_make_no_sense_are_refused(rule: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_recipe(
            f'name = "mine"\n[thresholds]\ndefault = 0.9\n[outputs.p]\nlayout = "preference"\nselect = {{ {rule} }}\n'
        )
