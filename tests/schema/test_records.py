from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.causes import CAUSES, cause
from genesys.errors import MalformedRow, UnknownName, VerifierError
from genesys.schema import Completion, Problem, Sampling, Verdict, parse_struct

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def problem(**changes: Any) -> Problem:
    row = {
        "problem_id": "p",
        "source": "s",
        "task_type": "verifiable_math",
        "prompt": "?",
        "verification_info": {},
    }
    return Problem.from_row(row | changes)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_a_problem_survives_its_row(info: dict[str, Any]) -> None:
    original = problem(verification_info=info, metadata={"level": 1})
    again = Problem.from_row(json.loads(json.dumps(original.to_row())))
    assert again == original
    assert again.digest == original.digest


@pytest.mark.parametrize(
    "change", [{"prompt": "!"}, {"verification_info": {"ground_truth": "2"}}, {"gold_standard_solution": "x"}]
)
def test_the_digest_sees_what_a_verdict_depends_on(change: dict[str, Any]) -> None:
    assert problem(**change).digest != problem().digest


def test_the_digest_does_not_see_metadata() -> None:
    assert problem(metadata={"url": "x"}).digest == problem().digest


def test_a_published_alias_is_one_task_type() -> None:
    assert problem(task_type="verifiable_code_understanding").task_type == "code_output_prediction"


@pytest.mark.parametrize("text", ["{'a': 1}", '{"a": 1}', {"a": 1}])
def test_structs_are_read_in_every_published_spelling(text: object) -> None:
    assert parse_struct(text) == {"a": 1}


@pytest.mark.parametrize("value", ["[1]", "a b", 7, "{" * 100_000, "{'a': __import__('os')}"])
def test_what_is_no_struct_is_a_malformed_row(value: object) -> None:
    with pytest.raises(MalformedRow):
        parse_struct(value)


@pytest.mark.parametrize("column", ["problem_id", "task_type", "prompt"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(MalformedRow, match=column):
        problem(**{column: None})


def test_a_value_that_json_cannot_hold_is_named() -> None:
    with pytest.raises(MalformedRow, match="verification_info"):
        problem(verification_info="{'a': {1, 2}}")


def completion(**changes: Any) -> Completion:
    fields: dict[str, Any] = {
        "response_id": "r", "problem_id": "p", "sample_index": 0, "text": "<think></think>1", "finish_reason": "stop",
        "prompt_tokens": 3, "completion_tokens": 4, "model": "m", "model_revision": None, "template": "plain@1",
        "sampling": Sampling(seed=7, stop=("x",)),
    }  # fmt: skip
    return Completion(**(fields | changes))


@pytest.mark.parametrize("kept", [{}, {"token_ids": (1, 2), "logprobs": (-0.5, -1.25)}])
def test_a_completion_survives_its_row(kept: dict[str, Any]) -> None:
    original = completion(**kept)
    assert Completion.from_row(json.loads(json.dumps(original.to_row()))) == original


def test_an_unknown_finish_reason_is_refused() -> None:
    with pytest.raises(MalformedRow, match="finish_reason"):
        Completion.from_row(completion().to_row() | {"finish_reason": "bored"})


def test_a_samples_seed_is_no_part_of_what_a_way_of_sampling_is() -> None:
    assert Sampling(seed=1).identity() == Sampling(seed=2).identity()
    assert set(Sampling().identity()) == set(asdict(Sampling())) - {"seed"}


@pytest.mark.parametrize(
    ("score", "name"),
    [
        (None, None),
        (None, "wrong_answer"),
        (1.0, "wrong_answer"),
        (0.0, None),
        (0.0, "bad_gold"),
        (1.5, None),
    ],
)
def test_wrong_and_unscorable_cannot_be_mixed(score: float | None, name: str | None) -> None:
    with pytest.raises(VerifierError):
        Verdict(score=score, cause=name)


def test_nan_is_no_score() -> None:
    with pytest.raises(VerifierError):
        Verdict(score=float("nan"), cause="wrong_answer")


def test_the_content_of_a_verdict_leaves_out_its_cost() -> None:
    cheap, dear = Verdict(score=1.0, cost={"seconds": 1.0}), Verdict(score=1.0, cost={"seconds": 9.0})
    assert cheap.content() == dear.content()
    assert cheap == dear


def test_every_cause_says_what_to_do() -> None:
    assert all(one.remedy.endswith(".") for one in CAUSES.values())


def test_what_the_completion_brought_about_is_wrong_and_nothing_else() -> None:
    assert all((one.outcome == "wrong") == (one.fault == "completion") for one in CAUSES.values())


def test_an_unknown_cause_suggests_a_known_one() -> None:
    with pytest.raises(UnknownName, match="wrong_answer"):
        cause("wrong_anwser")
