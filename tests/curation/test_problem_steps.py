"""Steps on problems: duplicates, contamination, difficulty, sources, quotas and shares."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from curation_runs import CODE, Row, problem, sifted, verdict

from genesys.curation.recipe_file import parse_recipe
from genesys.errors import ConfigurationError, DataError

RACE = "A train leaves the station at 9 and reaches the next town, which is 120 miles away, at 11. How fast is it?"
TEST = "Let x be the least positive integer such that the sum of its digits is 30. What is the sum of the digits of x squared?"


def asked(*prompts: str, gold: str = "60") -> list[Row]:
    return [
        Row(problem=problem(f"p{number}", gold=gold, prompt=prompt), verdicts=[verdict(1.0)])
        for number, prompt in enumerate(prompts)
    ]


def test_a_continued_completion_gives_way_to_the_one_that_continues_it(tmp_path: Path) -> None:
    a = problem("a")
    chain = [
        Row(problem=a, index=0, finish_reason="length", response_id="first"),
        Row(problem=a, index=0, finish_reason="length", response_id="second", parent_id="first"),
        Row(problem=a, index=0, response_id="third", parent_id="second"),
        Row(problem=a, index=1, response_id="orphan", parent_id="elsewhere"),
    ]
    found = sifted(tmp_path, chain, '"continued"')
    assert sorted(found.kept) == ["orphan", "third"]
    assert set(found.reasons.values()) == {"continued"}


def test_equal_prompts_count_once_whatever_their_case_and_spaces(tmp_path: Path) -> None:
    given = asked(RACE, f"  {RACE.upper()}\n", RACE.replace("120", "130"))
    found = sifted(tmp_path, given, '"duplicate-problem"')
    assert found.kept == ["p0/0", "p2/0"]
    assert found.details["p1/0"] == "same prompt as p0"


def test_near_duplicates_go_and_other_numbers_and_golds_are_other_problems(tmp_path: Path) -> None:
    reworded = RACE.replace("reaches", "arrives in").replace("How fast", "At what speed")
    given = [
        *asked(RACE, reworded, f"Solve this. {RACE}", RACE.replace("120", "130")),
        Row(
            problem=problem("q", gold="2", prompt=RACE.replace("How fast is it", "How long is it under way"))
        ),
        Row(
            problem=problem("r", prompt="Name the capital of the country in which the river rises."), index=1
        ),
    ]
    found = sifted(tmp_path, given, '"near-duplicate"')
    assert found.kept == ["p0/0", "p3/0", "q/0", "r/1"]
    assert found.details["p1/0"] == "nearly the prompt of p0"
    assert list(found.report.output("sft").steps[0]["facts"]) == ["rensa"]
    loose = sifted(tmp_path / "loose", given, '{ step = "near-duplicate", numbers = false, answers = false }')
    assert loose.kept == ["p0/0", "r/1"]


@pytest.fixture
def tests_file(tmp_path: Path) -> Path:
    path = tmp_path / "exam.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": name, "problem": text}) + "\n"
            for name, text in (("7", TEST), ("8", "Compute 17 + 25 + 8."))
        )
    )
    return path


@pytest.mark.parametrize(
    "prompt",
    [
        TEST,
        TEST.upper(),
        TEST.replace(" ", " \n\t"),
        TEST.replace(".", " !").replace("?", ""),
        f"Welcome to the contest! {TEST} Show all your work, and be quick about it.",
        "compute 17+25+8",
        "My teacher asks me to compute 17 + 25 + 8 in my head.",
    ],
)  # fmt: skip
def test_test_problems_are_found_however_they_are_written(
    tmp_path: Path, tests_file: Path, prompt: str
) -> None:
    step = f'{{ step = "decontaminate", tests = ["{tests_file}"] }}'
    found = sifted(tmp_path, asked(RACE, prompt), step)
    assert found.kept == ["p0/0"]
    assert found.reasons == {"p1/0": "contaminated:exam"}
    detail = str(found.details["p1/0"])
    assert "words of exam#" in detail
    assert detail.partition(": ")[2] in prompt


def test_eight_words_are_contamination_seven_are_not_and_coverage_asks_for_more(
    tmp_path: Path, tests_file: Path
) -> None:
    eight = "Find the least positive integer such that the sum of squares is even."
    seven = "Find the least positive integer such that the total is even."
    step = f'{{ step = "decontaminate", tests = ["{tests_file}"] }}'
    assert sifted(tmp_path, asked(eight, seven), step).kept == ["p1/0"]
    more = step.replace(" }", ", coverage = 0.5 }")
    found = sifted(tmp_path / "more", asked(eight, seven, f"Hello. {TEST}"), more)
    assert found.kept == ["p0/0", "p1/0"]
    (first, *_) = found.report.output("sft").steps
    assert first["facts"]["tests"] == 2


def test_test_sets_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    given = asked(RACE)
    with pytest.raises(ConfigurationError, match=r"no test set 'nowhere\.jsonl'"):
        sifted(tmp_path / "a", given, '{ step = "decontaminate", tests = ["nowhere.jsonl"] }')
    (tmp_path / "odd.jsonl").write_text('{"answer": 1}\n')
    with pytest.raises(DataError, match="test set 'odd': row 1 has no text"):
        sifted(tmp_path / "b", given, f'{{ step = "decontaminate", tests = ["{tmp_path}/odd.jsonl"] }}')
    with pytest.raises(ConfigurationError, match="decontaminate needs the test sets"):
        sifted(tmp_path / "c", given, '"decontaminate"')


def test_the_band_of_difficulty_is_over_all_scored_completions(tmp_path: Path) -> None:
    scores: dict[str, list[float | None]] = {
        "easy": [1.0, 1.0],
        "hard": [0.0, 0.0, None],
        "right": [1.0, 0.0],
        "unknown": [1.0, None],
    }
    given = [
        Row(problem=problem(name), index=index, verdicts=[verdict(score)])
        for name, found in scores.items()
        for index, score in enumerate(found)
    ]
    found = sifted(tmp_path, given, '"scorable", { step = "pass-rate", at_least = 0.2, at_most = 0.8 }')
    assert found.kept == ["right/0", "right/1"]
    assert {found.reasons[name] for name in ("easy/0", "easy/1")} == {"pass_rate:too_high"}
    assert found.reasons["hard/0"] == "pass_rate:too_low"
    assert found.reasons["unknown/0"] == "pass_rate:unknown"
    assert found.details["hard/0"] == "0.0 of 2"


def many(sources: dict[str, int]) -> list[Row]:
    return [
        Row(problem=problem(f"{source}-{number}", CODE, source=source), index=index)
        for source, count in sources.items()
        for number in range(count)
        for index in range(2)
    ]


def kept_problems(kept: list[str]) -> Counter[str]:
    return Counter(name.partition("-")[0] for name in {name.partition("/")[0] for name in kept})


def test_quotas_draw_whole_problems_by_the_seed(tmp_path: Path) -> None:
    given = many({"a": 9, "b": 5, "c": 2})
    step = '{ step = "quota", at_most = 3, sources = { b = 4, c = 9 }, seed = 1 }'
    found = sifted(tmp_path / "one", given, step)
    assert kept_problems(found.kept) == {"a": 3, "b": 4, "c": 2}
    assert len(found.kept) == 18
    assert sifted(tmp_path / "again", given[::-1], step).kept == found.kept
    assert sifted(tmp_path / "other", given, step.replace("seed = 1", "seed = 2")).kept != found.kept


def test_balance_keeps_as_many_problems_as_the_shares_allow(tmp_path: Path) -> None:
    given = many({"a": 9, "b": 5, "c": 2})
    found = sifted(tmp_path / "one", given, '{ step = "balance", shares = { a = 0.5, b = 0.5 } }')
    assert kept_problems(found.kept) == {"a": 5, "b": 5}
    assert {found.reasons[f"c-{number}/0"] for number in range(2)} == {"no_share"}
    assert kept_problems(sifted(tmp_path / "two", given, '"balance"').kept) == {"a": 2, "b": 2, "c": 2}
    with pytest.raises(DataError, match="no problem of source 'd' is left"):
        sifted(tmp_path / "three", given, '{ step = "balance", shares = { a = 1, d = 1 } }')


def test_sources_are_kept_or_left(tmp_path: Path) -> None:
    given = many({"a": 1, "b": 1})
    assert kept_problems(sifted(tmp_path / "1", given, '{ step = "sources", keep = ["a"] }').kept) == {"a": 1}
    assert kept_problems(sifted(tmp_path / "2", given, '{ step = "sources", leave = ["a"] }').kept) == {
        "b": 1
    }


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ('"sources"', "either keep or leave"),
        ('{ step = "sources", keep = "a" }', "must be a list"),
        ('"quota"', "a quota is a number of problems"),
        ('{ step = "balance", by = "colour" }', "not by 'colour'"),
        ('{ step = "balance", shares = { a = 0 } }', "share of a must be"),
        ('{ step = "pass-rate", at_least = 0.9, at_most = 0.1 }', "no pass rate lies between"),
        ('{ step = "near-duplicate", least = 0 }', r"least must lie in \(0, 1\]"),
        ('{ step = "length", at_least = 9, at_most = 1 }', "which is nothing"),
        ('{ step = "pick", at_most = 0 }', "at_most must be 1 or more"),
        ('{ step = "pick", by = "shortets" }', "Did you mean 'shortest'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(step: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_recipe(f'name = "mine"\n[outputs.sft]\nlayout = "synthetic-1-sft"\nsteps = [{step}]')


def test_picks_keep_right_ones_first_in_the_order_asked_for(tmp_path: Path) -> None:
    a = problem("a")
    texts = [
        "the cat sat on the mat today " * 9,
        "the cat sat on the mat today " * 8,
        "no",
        "x y z w v u t " * 20,
    ]
    scores = [1.0, 1.0, 0.0, 1.0]
    given = [
        Row(problem=a, index=index, text=text, verdicts=[verdict(score)])
        for index, (text, score) in enumerate(zip(texts, scores, strict=True))
    ]

    def picked(**settings: object) -> list[str]:
        words = ", ".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
        folder = tmp_path / "-".join(map(str, settings.values()))
        return sifted(folder, given, f'{{ step = "pick", {words} }}').kept

    assert picked(at_most=1) == ["a/1"]
    assert picked(at_most=2, by="first") == ["a/0", "a/1"]
    assert picked(at_most=2, by="diverse") == ["a/1", "a/3"]
    assert len(picked(at_most=2, by="random", seed=3)) == 2
    assert "a/2" not in picked(at_most=3, by="random", seed=3)
