"""What counts as repetition, and what does not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from legitimate_repeats import WRITERS, legitimate_repeats

from genesys.envs.sources.rows import read_rows
from genesys.errors import ConfigurationError
from genesys.rollouts.repetition import RepetitionDetector, RepetitionRule, repetition_onset, rule_of

RULE = RepetitionRule()
SMALL = RepetitionRule(gram=4, window=64, step=8)


def _random_tokens(count: int, seed: int = 0) -> list[int]:
    rng = random.Random(seed)
    return [rng.randrange(50_000) for _ in range(count)]


@pytest.mark.parametrize("period", [1, 2, 13, 100, 400])
def test_a_loop_is_found_under_a_quarter_of_r1s_limit(period: int) -> None:
    tokens = _random_tokens(100) + _random_tokens(period, seed=1) * (12_288 // period)
    detector = RepetitionDetector(RULE)
    stopped = next(place for place, token in enumerate(tokens, 1) if detector.extend([token]))
    assert stopped < 12_288 / 4
    assert detector.onset is not None
    assert 100 <= detector.onset <= 100 + 2 * period + 2 * RULE.step


def test_a_loop_whose_rounds_differ_here_and_there_is_found() -> None:
    rng, tokens = random.Random(0), []
    for _ in range(60):
        paragraph = _random_tokens(120, seed=1)
        paragraph[rng.randrange(120)] = rng.randrange(50_000)
        tokens += paragraph
    assert repetition_onset(tokens, RULE) is not None


def test_paragraphs_that_come_back_in_another_order_are_found() -> None:
    rng = random.Random(0)
    paragraphs = [_random_tokens(150, seed=seed) for seed in range(5)]
    tokens = [token for _ in range(50) for token in rng.choice(paragraphs)]
    assert repetition_onset(tokens, RULE) is not None


def test_what_is_new_is_no_repetition() -> None:
    assert repetition_onset(_random_tokens(20_000), RULE) is None


def test_a_long_text_written_twice_is_no_repetition() -> None:
    assert repetition_onset(_random_tokens(6000) * 2, RULE) is None


@given(st.lists(st.integers(0, 3), max_size=400), st.lists(st.integers(1, 60), min_size=1))
def test_how_a_stream_is_cut_into_pieces_changes_nothing(tokens: list[int], sizes: list[int]) -> None:
    whole = repetition_onset(tokens, SMALL)
    detector, place = RepetitionDetector(SMALL), 0
    while place < len(tokens):
        size = sizes[place % len(sizes)]
        detector.extend(tokens[place : place + size])
        place += size
    assert detector.onset == whole


@given(st.text(max_size=600))
def test_characters_are_judged_as_their_numbers_are(text: str) -> None:
    assert repetition_onset(text, SMALL) == repetition_onset([ord(letter) for letter in text], SMALL)


@given(st.lists(st.integers(0, 1), max_size=300))
def test_the_onset_lies_in_the_sequence(tokens: list[int]) -> None:
    onset = repetition_onset(tokens, SMALL)
    assert onset is None or 0 <= onset < len(tokens)


def test_no_legitimate_repeat_is_cut() -> None:
    rule, texts = RULE.for_characters(), list(legitimate_repeats(200))
    assert {kind for kind, _ in texts} == set(WRITERS)
    assert [kind for kind, text in texts if repetition_onset(text, rule) is not None] == []


@pytest.mark.slow
def test_no_right_real_answer_is_cut_and_the_runaway_ones_are_found(shared: Path) -> None:
    rule, cut, right = RULE.for_characters(), {}, 0
    for path in sorted((shared / "data" / "real" / "responses").glob("*.jsonl.gz")):
        for _, row in read_rows(path):
            right += row["expected_score"] == 1.0
            if repetition_onset(row["llm_response"], rule) is not None:
                cut[row["response_id"]] = row["expected_score"]
    assert right > 4000
    assert [name for name, score in cut.items() if score and score >= 0.99] == []
    runaways = {name for name in cut if name.endswith(("llama-3.3-70b_0", "llama-3.3-70b_1"))}
    assert len(runaways) == 2


def test_the_rule_for_characters_is_the_rule_for_tokens_in_other_units() -> None:
    characters = RULE.for_characters()
    assert characters.window // characters.step == RULE.window // RULE.step
    assert (characters.times, characters.share) == (RULE.times, RULE.share)
    assert characters.gram > RULE.gram


def test_an_option_is_a_rule_or_none() -> None:
    assert rule_of(None) is rule_of(False) is None
    assert rule_of(True) == RULE
    assert rule_of({"window": 1280}) == RepetitionRule(window=1280)


@pytest.mark.parametrize("option", [{"widow": 5}, {"window": 100}, {"share": 0}, {"gram": 0}])
def test_a_rule_that_makes_no_sense_is_refused(option: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        rule_of(option)
