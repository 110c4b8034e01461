"""Words, near duplicates and contamination, as functions of texts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.curation.contamination import ContaminationIndex, HeldOutProblem
from genesys.curation.near_duplicates import first_alike, pieces
from genesys.curation.words import answer_key, critical_tokens, placed_words, word_list

WORDS = [f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(400)]


def sentence(rng: random.Random, length: int = 30) -> str:
    return " ".join(rng.choices(WORDS, k=length))


def test_clusters_of_paraphrases_are_found_among_strangers() -> None:
    rng = random.Random(0)
    texts, cluster = [], []
    for number in range(120):
        base = sentence(rng)
        texts.append(base)
        cluster.append(number)
        for _ in range(number % 3):
            words = base.split()
            for _ in range(3):
                words[rng.randrange(len(words))] = rng.choice(WORDS)
            texts.append(" ".join(words))
            cluster.append(number)
    found = [first for first, _ in first_alike(texts, [""] * len(texts), least=0.4, size=2)]
    assert found == [cluster.index(number) for number in cluster]


def test_texts_of_different_keys_are_never_alike() -> None:
    text = sentence(random.Random(1))
    assert [first for first, _ in first_alike([text] * 4, ["a", "b", "a", "b"], least=0.5, size=2)] == [
        0,
        1,
        0,
        1,
    ]


@given(st.text(max_size=60))
def test_words_do_not_depend_on_case_and_spacing(text: str) -> None:
    assert word_list(" \n".join(text.split())) == word_list(text)
    placed = placed_words(text)
    assert [word.text for word in placed] == word_list(text) or not text.isascii()
    assert pieces(text, 2)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x + 3", "x+3", True),
        ("x + 3", "x - 3", False),
        ("a well-known sum", "a well known sum", True),
        ("x-3", "x 3", False),
        (r"\sin x", r"\cos x", False),
        ("12 apples", "21 apples", False),
        ("a ≤ b", "a ≥ b", False),
    ],
)
def test_numbers_operators_and_commands_make_another_problem(one: str, other: str, same: bool) -> None:
    assert (critical_tokens(one) == critical_tokens(other)) == same


def test_golds_are_compared_without_their_formatting() -> None:
    assert answer_key(r"\frac{5}{9}") == answer_key(r"\dfrac59") == answer_key("5/9")
    assert answer_key("5/9") != answer_key("5/8")
    assert answer_key("Odd") == answer_key("odd")


@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(0, 40))
def test_a_test_is_found_wherever_it_is_embedded(seed: int, before: int, after: int) -> None:
    rng = random.Random(seed)
    tests = [HeldOutProblem(name=f"t#{number}", text=sentence(rng, 12)) for number in range(5)]
    index = ContaminationIndex(tests)
    prompt = f"{sentence(rng, before)} {tests[3].text.upper()} {sentence(rng, after)}"
    match = index.match(prompt)
    assert match is not None
    assert (match.test, match.coverage) == ("t#3", 1.0)
    assert tests[3].text.upper() in match.passage
    assert index.match(sentence(rng, 7)) is None


def test_of_several_tests_the_one_that_is_there_most_is_named() -> None:
    shared = "one two three four five six seven eight"
    tests = [
        HeldOutProblem(name="long", text=f"{shared} nine ten eleven twelve"),
        HeldOutProblem(name="short", text=shared),
    ]
    match = ContaminationIndex(tests).match(f"Well: {shared}!")
    assert match is not None
    assert (match.test, match.words, match.passage) == ("short", 8, shared)


def test_equal_tests_count_once_and_tiny_ones_only_as_a_whole() -> None:
    tests = [HeldOutProblem(name="a", text="What is 2?"), HeldOutProblem(name="b", text="what is 2")]
    index = ContaminationIndex(tests)
    assert len(index) == 1
    assert index.match("WHAT IS 2") is not None
    assert index.match("What is 2 and 2?") is None
