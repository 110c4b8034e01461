"""Shaping rewards: their range, where None goes, determinism, and the published formulas."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import make_problem

from genesys.errors import ConfigurationError
from genesys.training import reward
from genesys.training.prompt_data import problem_cell
from genesys.training.shaping import (
    CosineLength,
    Format,
    LanguageConsistency,
    Looping,
    NGramRepetition,
    SoftOverlong,
    gated,
    weighted,
)
from genesys.training.verified_reward import VerifiedReward

RIGHT, WRONG = "\\boxed{42}", "\\boxed{41}"

ALL: list[Any] = [
    Format(),
    Format(answer_tags=True, partial=True),
    SoftOverlong(limit=20, cache=5),
    NGramRepetition(),
    Looping(),
    LanguageConsistency(),
    LanguageConsistency(language="zh"),
    CosineLength(correctness=reward(), limit=20),
    weighted((reward(), 1.0), (Format(), 0.2), (NGramRepetition(), -0.5)),
    gated(reward(), (Format(), 0.2), (SoftOverlong(limit=20, cache=5), 0.5)),
]


def batch(
    made: Any, texts: list[str], *, gold: str = "42", lengths: list[int] | None = None
) -> list[float | None]:
    scores: list[float | None] = made(
        prompts=["q"] * len(texts),
        completions=texts,
        completion_ids=[[7] * length for length in lengths or [3] * len(texts)],
        problem=[problem_cell(make_problem(0, gold))] * len(texts),
    )
    return scores


TEXTS = st.text(alphabet="ab 12<>/我ы\\", max_size=30) | st.sampled_from(
    [RIGHT, WRONG, f"<think>so</think>{RIGHT}", "<think>a</think><answer>b</answer>"]
)


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.__name__)
@settings(max_examples=25)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), length=st.integers(0, 40))
def test_scores_lie_in_the_range_and_come_again(made: Any, texts: list[str], length: int) -> None:
    first = batch(made, texts, lengths=[length] * len(texts))
    low, high = made.range
    assert all(score is not None and low <= score <= high for score in first)
    assert batch(pickle.loads(pickle.dumps(made)), texts, lengths=[length] * len(texts)) == first
    assert made == pickle.loads(pickle.dumps(made))


@pytest.mark.parametrize("made", ALL[7:], ids=lambda made: made.__name__)
def test_what_is_unscorable_stays_so_whatever_its_form(made: Any) -> None:
    assert batch(made, [f"<think>so</think>{RIGHT}"], gold="") == [None]


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.__name__)
def test_what_is_no_completion_has_no_reward(made: Any) -> None:
    columns = {"completion_ids": [[1]], "problem": [problem_cell(make_problem(0))]}
    assert made(prompts=["q"], completions=[17], **columns) == [None]


@pytest.mark.parametrize(
    ("text", "plain", "tagged"),
    [
        ("<think>so</think>42", 1.0, 0.0),
        ("<think>so</think>\n<answer>42</answer>", 1.0, 1.0),
        ("42", 0.0, 0.0),
        ("first <think>so</think>42", 0.0, 0.0),
        ("<think>so</think>", 0.0, 0.0),
        ("<think>so", 0.0, 0.0),
        ("<think><think>so</think>42", 0.0, 0.0),
        ("</think>so<think>42", 0.0, 0.0),
        ("<think>so</think>42 <answer>42</answer>", 1.0, 0.0),
        ("<think>so</think><answer> </answer>", 1.0, 0.0),
    ],
)
def test_format(text: str, plain: float, tagged: float) -> None:
    assert Format().score(text) == plain
    assert Format(answer_tags=True).score(text) == tagged


def test_format_counts_tags_where_asked() -> None:
    partial = Format(answer_tags=True, partial=True)
    assert partial.score("<think>so</think>42") == 0.5
    assert partial.score("<answer>42</answer><think>so</think>") == 0.0
    assert partial.score("x<think>so</think><answer>42</answer>") == 0.75
    assert partial.score("<think>so</think><answer>42</answer>") == 1.0


def test_format_sees_the_tag_that_the_template_opened() -> None:
    columns = {"prompts": ["q"], "completions": ["so</think>42"]}
    assert Format()(**columns) == [0.0]
    assert Format(opened="<think>\n")(**columns) == [1.0]


def test_the_published_formulas_give_the_same_numbers() -> None:
    rewards = pytest.importorskip("trl.rewards")
    ids = [[1] * length for length in (0, 3, 80, 81, 90, 99, 100, 101, 500)]
    texts = ["x"] * len(ids)
    ours = SoftOverlong(limit=100, cache=20)(["q"] * len(ids), texts, completion_ids=ids)
    assert ours == rewards.get_soft_overlong_punishment(100, 20)(ids)
    mixed = [[1, 2, 3, 4], [5] * 9, [1, 2, 1, 2, 1, 2], [1], []]
    ours = NGramRepetition(n=2)(["q"] * 5, ["x"] * 5, completion_ids=mixed)
    assert ours == pytest.approx(rewards.get_repetition_penalty_reward(2, -1.0)(mixed))


def test_cosine_pays_right_answers_for_being_short_and_wrong_ones_for_trying() -> None:
    made = CosineLength(correctness=reward(), limit=100)
    right = batch(made, [RIGHT] * 4, lengths=[0, 50, 100, 101])
    wrong = batch(made, [WRONG] * 4, lengths=[0, 50, 100, 101])
    assert right == pytest.approx([1.0, 0.75, 0.5, -1.0])
    assert wrong == pytest.approx([-1.0, -0.75, -0.5, -1.0])


def test_lengths_are_of_tokens_and_nothing_else() -> None:
    with pytest.raises(ConfigurationError, match="completion_ids"):
        SoftOverlong(limit=9, cache=3)(prompts=["q"], completions=["x"])


def test_a_loop_is_punished_and_a_table_is_not() -> None:
    loop = "so it is seven and then again " * 600
    table = "\n".join(f"{row} {row * row} {row**3}" for row in range(600))
    assert (Looping().score(loop), Looping().score(table)) == (-1.0, 0.0)
    assert Looping().score("", list(range(50)) * 200) == -1.0
    assert Looping().score("", list(range(10_000))) == 0.0


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "we add two and two", 1.0),
        ("en", "we add 两个数 and go", 4 / 7),
        ("en", "Сначала сложим", 0.0),
        ("ru", "Сначала сложим x и y, \\frac{a}{b}", 1.0),
        ("zh", "首先计算 $x + \\alpha$ ```python\nprint(answer)\n```", 1.0),
        ("en", "12 + 30 = 42", 1.0),
        ("ja", "まず計算する", 1.0),
    ],
)
def test_language_is_the_share_of_words_in_its_script(language: str, text: str, expected: float) -> None:
    assert LanguageConsistency(language=language).score(text) == pytest.approx(expected)


def test_a_gate_pays_form_only_where_the_answer_is_right() -> None:
    made = gated(reward(), (Format(), 0.5))
    texts = [f"<think>so</think>{RIGHT}", RIGHT, f"<think>so</think>{WRONG}", WRONG]
    assert batch(made, texts) == [1.5, 1.0, 0.0, 0.0]


def test_a_weighted_sum_adds_what_each_part_is_worth() -> None:
    made = weighted((reward(), 1.0), (Format(), 0.5))
    assert batch(made, [f"<think>so</think>{RIGHT}", RIGHT, f"<think>so</think>{WRONG}"]) == [1.5, 1.0, 0.5]
    assert made.range == (0.0, 1.5)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: weighted(),
        lambda: weighted(Format()),  # type: ignore[arg-type]  # the mistake that is caught
        lambda: gated(reward(), (Format(), "much")),  # type: ignore[arg-type]  # the same
        lambda: SoftOverlong(limit=10, cache=10),
        lambda: NGramRepetition(penalty=1.0),
        lambda: LanguageConsistency(language="klingon"),
    ],
)
def test_nonsense_is_refused_when_it_is_made(wrong: Any) -> None:
    with pytest.raises(ConfigurationError):
        wrong()


def test_they_name_themselves_for_the_trainers_log() -> None:
    names = {made.__name__ for made in ALL}
    assert {"format", "overlong", "repetition", "looping", "language", "gated", "weighted"} <= names
    assert isinstance(ALL[7].correctness, VerifiedReward)
