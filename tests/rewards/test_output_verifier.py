r"""Verifier `output`: what is the printed text, and what only looks like it."""

from __future__ import annotations

import gzip
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys.causes import CAUSES
from genesys.envs.sources import open_problems
from genesys.rewards.answers import READERS
from genesys.rewards.output_match import MAX_DEPTH, MAX_LITERAL
from genesys.rewards.output_verifier import OutputVerifier, without_tex
from genesys.rewards.verifier import VerifierSpec
from genesys.schema import Problem, Verdict


def problem(gold: Any, **metadata: Any) -> Problem:
    return Problem(
        problem_id="p",
        source="made",
        task_type="code_output_prediction",
        prompt="What does this Python program print?",
        verification_info={"ground_truth": gold},
        metadata=metadata,
    )


def verdict(gold: str, text: str, form: str | None = None, **metadata: Any) -> Verdict:
    return OutputVerifier(answer_format=form).verify(problem(gold, **metadata), text)


def score(gold: str, text: str, form: str | None = None) -> float | None:
    return verdict(gold, text, form).score


HOSTILE = {
    "digits": "[" + "1" * 5000 + "]",
    "brackets": "[" * 5000 + "]" * 5000,
    "open brackets": "{[(" * 3000,
    "one too deep": "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    "signs": "[" + "-" * 19_000 + "1]",
    "escapes": "'" + r"\111" * 4000,
    "quotes": "'" * 19_999,
    "infinity": "[1e999999]",
    "unhashable": "{[]: 1}",
    "surrogate": r"['\ud800']",
    "lone surrogate": "['\ud800']",
    "zero byte": "['\0']",
    "too long": "[" + "1, " * MAX_LITERAL + "]",
    "JSON brackets": '{"output": ' + "[" * 990 + "]" * 990 + "}",
    "JSON objects": '{"output": ' + '{"a":' * 990 + "1" + "}" * 990 + "}",
    "JSON digits": '{"output": ' + "9" * 5000 + "}",
    "JSON NaN": '{"output": NaN}',
    "JSON keys": '{"output": ' * 9000,
    "boxes": "\\boxed{" * 10_000,
    "wrappers": "\\boxed{" + "\\text{" * 8000 + "a" + "}" * 8000 + "}",
    "fences": "```\n" * 20_000,
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("form", [None, *READERS])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_wrong_and_nothing_more(name: str, form: str | None) -> None:
    for gold in ("[1, 2]", "'a'", "{'a': 1}", "7"):
        for text in (HOSTILE[name], f"\\boxed{{{HOSTILE[name]}}}"):
            found = verdict(gold, text, form)
            assert found.score == 0.0
            assert len(found.content()) < 5000


texts = st.text() | st.text(alphabet="\\{}[]()'\",: ab1.<>/`\nboxedutp", max_size=80)


@given(texts, texts, st.sampled_from([None, *READERS, "no such format"]))
@example("a", '{"output": "\ud800"}', None)
def test_it_never_raises_and_is_a_function_of_its_arguments(gold: str, text: str, form: str | None) -> None:
    first, second = verdict(gold, text, form), verdict(gold, text, form)
    assert first.content() == second.content()
    assert first.score in (None, 0.0, 1.0)
    if first.cause is not None:
        assert CAUSES[first.cause].outcome == ("unscorable" if first.score is None else "wrong")


plain_outputs = st.text(alphabet="abAB 01,.;:-'[]()", min_size=1).map(str.strip).filter(bool)


@given(plain_outputs)
def test_the_gold_scores_1_in_every_format(gold: str) -> None:
    for form, text in dress(gold).items():
        assert score(gold, text, form) == 1.0, form
        assert score(gold, f"<think>{{\n</think>Well.\n{text}" if form != "bare" else text, form) == 1.0, form


def dress(gold: str) -> dict[str, str]:
    return {
        "boxed": f"\\boxed{{{gold}}}",
        "json_output": json.dumps({"output": gold}),
        "answer_tag": f"<answer>\n{gold}\n</answer>",
        "fenced_code": f"```\n{gold}\n```",
        "bare": gold,
    }


# Where the answer stands.


def test_the_default_takes_what_stands_last() -> None:
    assert score("b", '{"output": "a"} no: \\boxed{b}') == 1.0
    assert score("b", '\\boxed{a} no: {"output": "b"}') == 1.0
    assert score("a", '\\boxed{a} no: {"output": "b"}') == 0.0
    assert score("ab", '\\boxed{{"output": "ab"}}') == 1.0
    assert score("ab", '{"output": "\\\\boxed{ab}"}') == 1.0


def test_a_broken_last_place_does_not_hide_a_whole_one() -> None:
    assert score("a", 'My "output" is \\boxed{a}') == 1.0
    assert score("a", '{"output": "a"} that is, \\boxed{') == 1.0


def test_the_question_repeated_is_no_answer() -> None:
    asked = Problem(
        problem_id="p",
        source="made",
        task_type="code_output_prediction",
        prompt='Answer as JSON, for example {"output": "ab"}.',
        verification_info={"ground_truth": "ab"},
    )
    assert OutputVerifier().verify(asked, f"You asked: {asked.prompt}").cause == "no_answer"


def test_only_the_text_after_the_reasoning_counts() -> None:
    assert verdict("ab", "<think>\\boxed{ab}</think>").cause == "no_answer"
    assert verdict("ab", "<think>\\boxed{ab}").cause == "truncated"
    assert verdict("ab", "<think>\\boxed{no}</think>\\boxed{ab}").score == 1.0


@pytest.mark.parametrize(
    ("text", "form", "cause"),
    [
        ("", None, "no_answer"),
        ("ab", None, "no_answer"),
        ("\\boxed{ab", None, "format"),
        ('{"output": ', None, "format"),
        ("<answer>ab", "answer_tag", "format"),
        ("ab", "answer_tag", "no_answer"),
        (" \n", "bare", "no_answer"),
        ("```\nab", "fenced_code", "format"),
        ("\\boxed{ba}", None, "wrong_answer"),
    ],
)
def test_wrong_texts_have_their_cause(text: str, form: str | None, cause: str) -> None:
    found = verdict("ab", text, form)
    assert (found.score, found.cause) == (0.0, cause)


def test_the_problem_says_where_the_answer_stands_and_the_parameter_wins() -> None:
    assert verdict("ab", "<answer>ab</answer>", answer_format="<answer>...</answer>").score == 1.0
    assert verdict("ab", "ab", "bare", answer_format="answer_tag").score == 1.0
    assert verdict("ab", "\\boxed{ab}", answer_format="answer_tag").cause == "no_answer"


@pytest.mark.parametrize("word", ["telepathy", ["boxed"], 7])
def test_an_unknown_answer_format_is_unsupported(word: Any) -> None:
    found = verdict("ab", "ab", answer_format=word)
    assert (found.score, found.cause) == (None, "unsupported")


# Values that come as JSON or TeX.


@pytest.mark.parametrize(
    ("gold", "output"),
    [
        ("[1, 2]", [1, 2]),
        ("(1, (2,))", [1, [2]]),
        ("{1: 'a'}", {"1": "a"}),
        ("True", True),
        ("None", None),
        ("1.0", 1.0),
        ("7", 7),
        ("7", "7"),
        ("'ab'", "ab"),
        ("'ab'", "'ab'"),
        ("[1, 2]", "[1,2]"),
        ("[(1, 'a')]", "[(1, 'a')]"),
        ("", ""),
    ],
)
def test_json_values_stand_for_literals(gold: str, output: Any) -> None:
    assert score(gold, json.dumps({"output": output})) == 1.0


@pytest.mark.parametrize(
    ("gold", "output"),
    [
        ("(1, 2)", "[1, 2]"),
        ("1", 1.0),
        ("1", True),
        ("'1'", 1),
        ("[1, 2]", [1, 2.0]),
        ("[1, 2]", [[1, 2]]),
        ("True", "true"),
        ("None", ""),
        ("{1, 2}", [1, 2]),
        ("ab", ["ab"]),
    ],
)
def test_other_json_values_do_not(gold: str, output: Any) -> None:
    assert score(gold, json.dumps({"output": output})) == 0.0


@pytest.mark.parametrize(
    ("gold", "boxed"),
    [
        ("a_b", r"a\_b"),
        ("ab", r"\text{ab}"),
        ("a_b c", r"\texttt{a\_b\ c}"),
        ("{1: 2}", r"\{1: 2\}"),
        ("{'a': 1}", r"\text{\{'a': 1\}}"),
        ("5%", r"5\%"),
        (r"a\_b", r"a\_b"),
    ],
)
def test_tex_around_an_answer_is_undone(gold: str, boxed: str) -> None:
    assert score(gold, f"\\boxed{{{boxed}}}") == 1.0


def test_tex_is_only_undone_in_boxes() -> None:
    assert score("a_b", r"a\_b", "bare") == 0.0
    assert without_tex(r"\text{\texttt{a\_b}}") == "a_b"


# Golds, parameters, real data.


@pytest.mark.parametrize("gold", [None, 7, ["a"], {}])
def test_a_gold_that_is_no_text_is_bad(gold: Any) -> None:
    bad = problem(gold)
    assert OutputVerifier().check_gold(bad) is not None
    assert OutputVerifier().verify(bad, "\\boxed{7}").cause == "bad_gold"
    assert OutputVerifier().check_gold(problem("")) is None


def test_a_missing_gold_is_bad() -> None:
    bad = Problem(
        problem_id="p", source="s", task_type="code_output_prediction", prompt="?", verification_info={}
    )
    assert OutputVerifier().verify(bad, "\\boxed{7}").cause == "bad_gold"


def test_it_is_rebuilt_from_its_specification() -> None:
    for verifier in (OutputVerifier(), OutputVerifier(answer_format="bare")):
        spec = VerifierSpec.of(verifier)
        assert spec.build() == verifier == pickle.loads(pickle.dumps(verifier))
    assert VerifierSpec.of(OutputVerifier()).key == "output@1"


def test_what_a_verdict_shows_is_bounded() -> None:
    assert len(verdict("ab", "\\boxed{" + "é" * 50_000 + "}").content()) < 5000


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") as lines:
        found = [json.loads(line) for line in lines]
    return [row for row in found if row["task_type"] == "code_output_prediction"]


@pytest.mark.parametrize(("name", "form"), [("cruxeval_codellama", "bare"), ("rg_zero_shot", "answer_tag")])
def test_known_scores_of_real_responses_agree(shared: Path, name: str, form: str) -> None:
    verifier = OutputVerifier(answer_format=form)
    scored = rows(shared / "data" / "real" / "responses" / f"{name}.jsonl.gz")
    agreed = sum(
        (verifier.verify(Problem.from_row(row), row["llm_response"]).score == 1.0)
        == (row["expected_score"] >= 1)
        for row in scored
    )
    assert agreed >= 0.99 * len(scored)


@pytest.mark.parametrize("name", ["cruxeval", "rg_output"])
def test_golds_of_real_problems_score_1_and_blank_and_near_misses_0(shared: Path, name: str) -> None:
    for real in open_problems(shared / "data" / "real" / "common" / f"{name}.jsonl.gz"):
        gold = real.verification_info["ground_truth"]
        if not gold.strip():
            assert OutputVerifier().verify(real, json.dumps({"output": gold})).score == 1.0
            continue
        for form, text in dress(gold).items():
            if form == "boxed" and (set(gold) & set("{}\\%") or gold.strip() != gold):
                continue  # TeX has no plain way of writing these
            verifier = OutputVerifier(answer_format=form)
            assert verifier.verify(real, text).score == 1.0, (form, gold)
            assert verifier.verify(real, dress(near_miss(gold))[form]).score == 0.0, (form, gold)
            assert verifier.verify(real, "").score == 0.0


def near_miss(gold: str) -> str:
    """Another text of the same kind: the last letter or digit is the next one."""
    for index in range(len(gold) - 1, -1, -1):
        if gold[index].isalnum():
            changed = "1" if gold[index] == "0" else "0" if gold[index].isdigit() else "é"
            return gold[:index] + changed + gold[index + 1 :]
    return gold + "x"
