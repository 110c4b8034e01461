"""What the tiny model may learn from."""

from __future__ import annotations

import re
from itertools import islice
from random import Random

from genesys.envs.sources.string_programs import level0_problem
from genesys.training.tiny_model.corpus import GUESSING, documents, problems_of, side_of

MANY = 2000


def test_no_document_has_a_held_out_prompt() -> None:
    assert {side_of(document.prompt) for document in islice(documents(Random(1)), MANY)} == {"train"}


def test_the_two_sides_share_no_prompt_and_both_exist() -> None:
    train = {problem.prompt for problem in islice(problems_of("train", Random(2)), MANY)}
    held_out = {problem.prompt for problem in islice(problems_of("held-out", Random(3)), MANY)}
    assert not train & held_out
    assert len(held_out) > 500


def test_one_prompt_in_eight_is_held_out() -> None:
    rng = Random(4)
    sides = [side_of(level0_problem(rng).prompt) for _ in range(MANY)]
    assert 0.10 < sides.count("held-out") / MANY < 0.15


def test_who_works_is_right_and_who_guesses_shuffles_the_letters() -> None:
    answers = {
        problem.prompt: problem.verification_info["ground_truth"]
        for problem in islice(problems_of("train", Random(5)), MANY)
    }
    guesses = 0
    for document in islice(documents(Random(5)), MANY // 2):
        found = re.fullmatch(r"<think>([a-h ]*)</think>\\boxed\{([a-h]{4})\}", document.completion)
        assert found is not None
        working, answer = found.groups()
        if document.prompt not in answers:
            continue
        if working:
            assert working.split()[-1] == answer == answers[document.prompt]
        else:
            guesses += 1
            assert sorted(answer) == sorted(answers[document.prompt])
    assert guesses > 0


def test_the_share_of_guesses_is_the_one_asked_for() -> None:
    def share(**options: float) -> float:
        drawn = list(islice(documents(Random(6), **options), MANY))
        return sum("<think></think>" in document.completion for document in drawn) / MANY

    assert abs(share() - GUESSING) < 0.04
    assert share(guessing=0.0) == 0.0


def test_the_same_seed_gives_the_same_corpus() -> None:
    assert list(islice(documents(Random(7)), 50)) == list(islice(documents(Random(7)), 50))
    assert list(islice(documents(Random(7)), 50)) != list(islice(documents(Random(8)), 50))
