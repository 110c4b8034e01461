r"""`reward()`: what trainers call."""

from __future__ import annotations

import logging
import math
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from code_problems_for_tests import code_problem
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_verifiers import AsyncVerifier, OddVerifier, RefusingVerifier
from reward_calls import score
from runs import make_problem

from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards import verify
from genesys.schema import Problem
from genesys.training import VerifiedReward, opened_by, reward
from genesys.training.prompt_data import problem_cell
from genesys.training.reward_watch import Outcome

RIGHT, WRONG = "\\boxed{42}", "\\boxed{41}"


def turn(content: Any, **fields: Any) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": content, **fields}]


@pytest.mark.parametrize("completion", [RIGHT, turn(RIGHT), turn([{"type": "text", "text": RIGHT}])])
def test_plain_and_conversational_completions_score_alike(completion: Any) -> None:
    assert score(reward(), completion) == [1.0]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_in_a_field_of_its_own_is_no_answer(field: str) -> None:
    assert score(reward(), turn(RIGHT, **{field: WRONG})) == [1.0]
    assert score(reward(), turn("I do not know.", **{field: RIGHT})) == [0.0]
    assert score(reward(), turn(None, **{field: RIGHT})) == [0.0]


def test_the_last_turn_of_the_assistant_counts() -> None:
    chat = [*turn(WRONG), {"role": "tool", "content": "42"}, *turn(RIGHT)]
    assert score(reward(), chat) == [1.0]


@pytest.mark.parametrize(
    "prompt",
    [
        "What is it?<think>\n",
        [{"role": "user", "content": "?"}, {"role": "assistant", "content": "<think>\n"}],
    ],
)
def test_a_prompt_that_opens_the_reasoning_makes_unfinished_reasoning_truncated(prompt: Any) -> None:
    unfinished, finished = f"so {RIGHT}, but wait", f"so 41</think>{RIGHT}"
    assert score(reward(), unfinished, finished, prompt=prompt) == [0.0, 1.0]
    assert score(reward(), unfinished) == [1.0]


def test_a_template_that_opens_the_reasoning_is_told_by_an_option() -> None:
    chat = [{"role": "user", "content": "?"}]
    assert score(reward(opened="<think>\n"), f"so {RIGHT}", f"</think>{RIGHT}", prompt=chat) == [0.0, 1.0]


def test_a_template_that_opens_the_reasoning_untold_is_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two lines in somebody's TRL script, R1's template, and no preflight."""
    untold, told = reward(), reward(opened="<think>\n")
    for made in (told, untold, untold):
        score(made, f"so 41</think>{RIGHT}", f"<think>6 * 7</think>{RIGHT}")
    assert [record.getMessage().count("opened_by(tokenizer)") for record in caplog.records] == [1]


def test_what_a_template_opens_is_read_from_the_tokenizer() -> None:
    class Tokenizer:
        chat_template = "…"

        def apply_chat_template(self, turns: Any, **_: Any) -> str:
            return "<|User|>?<|Assistant|><think>\n"

    assert opened_by(Tokenizer()) == "<think>\n"


def test_unscorable_is_none_and_a_question_for_a_judge_is_what_was_asked() -> None:
    bad_gold = problem_cell(make_problem(0, gold=""))
    assert score(reward(), RIGHT, problem=[bad_gold]) == [None]
    gold = "the set of all even integers greater than two"
    cell, answer = problem_cell(make_problem(0, gold=gold)), "\\boxed{even numbers from four on}"
    assert verify(make_problem(0, gold=gold), answer).cause == "needs_judge"
    assert score(reward(), answer, problem=[cell]) == [0.0]
    assert score(reward(needs_judge=None), answer, problem=[cell]) == [None]
    with pytest.raises(ConfigurationError, match="needs_judge"):
        reward(needs_judge=2.0)


@pytest.mark.parametrize("cause", ["judge_ambiguous", "judge_disagreement"])
def test_no_policy_hides_in_what_judges_cannot_decide(cause: str) -> None:
    undecided = Outcome(None, cause)
    assert reward()._judged(undecided).score == 0.0
    assert reward(needs_judge=None)._judged(undecided).score is None
    assert reward()._judged(Outcome(None, "judge_unreachable")).score is None


def test_rows_of_anybody_need_a_task_type_and_a_column() -> None:
    made = reward(task_type="verifiable_math", gold="solution")
    golds = {"solution": ["$\\frac{1}{2}$", 42, "\\boxed{42}", None]}
    answers = ["\\boxed{0.5}", RIGHT, RIGHT, RIGHT]
    assert made(prompts=["q"] * 4, completions=answers, **golds) == [1.0, 1.0, 1.0, None]
    with pytest.raises(ConfigurationError, match="go together"):
        reward(gold="solution")


def test_the_golds_of_gsm8k_are_read() -> None:
    golds = [
        "She sold 48 / 2 = <<48/2=24>>24.\n#### 42",
        "#### 42",
        "1,042 is\n#### 1,042",
        "#### Step\n\\boxed{42}",
    ]
    answers = [RIGHT, RIGHT, "\\boxed{1042}", RIGHT]
    made = reward(task_type="verifiable_math", gold="answer")
    assert made(prompts=["q"] * 4, completions=answers, answer=golds) == [1.0] * 4
    assert made(prompts=["q"], completions=[WRONG], answer=golds[:1]) == [0.0]


def test_a_missing_column_is_one_clear_error_that_names_those_there() -> None:
    with pytest.raises(ConfigurationError, match=r"column 'solution'.* has: answer, prompts") as caught:
        reward(task_type="verifiable_math", gold="solution")(
            prompts=["q"], completions=[RIGHT], answer=["42"], log_metric=print, trainer_state=None
        )
    assert "remove_unused_columns=False" in str(caught.value)


def test_a_problem_column_of_somebody_else_is_one_clear_error() -> None:
    with pytest.raises(ConfigurationError, match=r"What is 6 \* 7"):
        score(reward(), RIGHT, problem=["What is 6 * 7?"])


def test_a_single_malformed_row_ends_nothing() -> None:
    cells = ["{}", problem_cell(make_problem(1))]
    assert score(reward(), RIGHT, RIGHT, problem=cells) == [None, 1.0]


def test_problems_whose_tests_an_answer_could_deceive_do_not_train() -> None:
    test = [{"type": "harness", "code": "assert f(1) == 1"}]
    cell = problem_cell(code_problem("python", test))
    made = reward()
    answer = "```python\ndef f(x): return x\n```"
    columns = {"problem": [cell, problem_cell(make_problem(0))]}
    outcomes = made.outcomes(["q"] * 2, [answer, RIGHT], columns)
    assert [(one.score, one.cause) for one in outcomes] == [(None, "in_process"), (1.0, None)]


ODD = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "reasoning", "text"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.lists(ODD, min_size=1, max_size=4), ODD)
def test_no_completion_raises(completions: list[Any], prompt: Any) -> None:
    scores = score(reward(), *completions, prompt=prompt)
    assert len(scores) == len(completions)
    assert all(one is None or 0 <= one <= 1 for one in scores)


def test_it_is_the_same_after_pickling_and_has_a_name() -> None:
    made = reward(task_type="verifiable_math", gold="answer", answer_format="bare", name="maths")
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert again.__name__ == "maths"
    assert again(prompts=["q"], completions=["42"], answer=["42"]) == [1.0]


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking with threads is what is tested
def test_it_scores_in_forked_and_spawned_children(method: str) -> None:
    made = reward()
    assert score(made, RIGHT) == [1.0]
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:  # which says so where a child dies
        assert pool.submit(score, made, RIGHT, WRONG).result(timeout=120) == [1.0, 0.0]


def test_a_named_verifier_takes_the_place_of_the_default() -> None:
    assert reward(verifier="math-verify").spec_for(make_problem(0)).name == "math-verify"  # type: ignore[union-attr]  # it has one
    with pytest.raises(UnknownName):
        reward(verifier="mathh")
    with pytest.raises(UnknownName, match="answer format"):
        reward(answer_format="box")


def test_slow_and_hanging_verifications_leave_the_rest_of_the_batch_alone() -> None:
    made = reward(verifier=OddVerifier(), batch_seconds=20)
    assert score(made, "42", "burn", "nap 0.3", "crash", "raise", "41") == [1.0, 0.0, 1.0, 0.0, None, 0.0]


def test_a_batch_is_bounded_and_the_next_one_finds_free_workers() -> None:
    made = reward(verifier=OddVerifier(), batch_seconds=1.5)
    assert score(made, "42") == [1.0]  # the workers are there
    assert score(made, "42", *["sleep"] * 8)[1:] == [None] * 8
    assert score(made, "42", "41") == [1.0, 0.0]


def test_an_unreachable_server_is_unscorable() -> None:
    assert score(reward(verifier=AsyncVerifier()), "down", "up") == [None, 1.0]


def test_a_verifier_that_cannot_run_here_is_an_error_at_the_first_call() -> None:
    with pytest.raises(ConfigurationError, match="no sandbox here"):
        score(reward(verifier=RefusingVerifier()), RIGHT)


def test_it_logs_what_trainers_offer_to_log() -> None:
    metrics: dict[str, float] = {}
    extra: dict[str, list[str]] = {}
    bad = problem_cell(make_problem(2, gold=""))
    cells = [problem_cell(make_problem(0)), problem_cell(make_problem(1)), bad, bad]
    made = reward()
    score(made, RIGHT, WRONG, RIGHT, RIGHT, problem=cells,
          log_metric=metrics.__setitem__, log_extra=extra.__setitem__)  # fmt: skip
    assert metrics["correctness/unscorable"] == 0.5
    assert metrics["correctness/cause/bad_gold"] == 0.5
    assert metrics["correctness/cause/wrong_answer"] == 0.25
    assert 0 < metrics["correctness/seconds_p50"] <= metrics["correctness/seconds_max"]
    assert extra == {"correctness_cause": ["", "wrong_answer", "bad_gold", "bad_gold"]}
    metrics.clear()
    score(made, RIGHT, log_metric=metrics.__setitem__)
    assert metrics["correctness/cause/bad_gold"] == 0.0


def bad_share(share: float) -> Callable[[VerifiedReward], None]:
    def one_batch(made: VerifiedReward) -> None:
        golds = ["" if number < share * 64 else "42" for number in range(64)]
        cells = [problem_cell(make_problem(number, gold)) for number, gold in enumerate(golds)]
        score(made, *[RIGHT] * 64, problem=cells)

    return one_batch


def test_it_warns_when_many_are_unscorable_and_again_only_when_it_grows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = reward(alarm_share=0.2)
    with caplog.at_level(logging.WARNING, "genesys.training"):
        bad_share(0.1)(made)
        assert not caplog.records
        bad_share(0.5)(made)
        bad_share(0.3)(made)
        assert len(caplog.records) == 1
        assert "bad_gold" in caplog.text
        assert "Repair or drop the problem" in caplog.text
        for _ in range(4):
            bad_share(1.0)(made)
    assert 2 <= len(caplog.records) <= 3


def test_a_group_of_equal_answers_is_verified_once() -> None:
    made = reward(verifier=OddVerifier())
    cell = problem_cell(make_problem(0))
    scores = score(made, *["nap 0.2"] * 64, problem=[cell] * 64)
    outcomes = made.outcomes(["q"] * 64, ["nap 0.2"] * 64, {"problem": [cell] * 64})
    assert scores == [1.0] * 64
    assert len({one.seconds for one in outcomes}) == 1
    assert math.isfinite(outcomes[0].seconds)


def test_the_reward_is_the_verdict_of_the_verifier() -> None:
    problem: Problem = make_problem(0)
    for text in (RIGHT, WRONG, "", f"<think>{RIGHT}", f"<think>x</think>{RIGHT}"):
        assert score(reward(), turn(text), problem=[problem_cell(problem)]) == [verify(problem, text).score]
