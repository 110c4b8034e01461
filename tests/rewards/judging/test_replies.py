"""Reading replies: a verdict that carries its number, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.rewards.judging.json_objects import json_objects
from genesys.rewards.judging.published import read_published
from genesys.rewards.judging.replies import Judgement, UnreadableReply, read_reply
from genesys.rewards.judging.rubric import rubric_named

SIMILARITY, EQUIVALENCE = rubric_named("similarity"), rubric_named("equivalence")
RECEIPT = "00c0ffee00c0ffee"
GOOD = json.dumps({"receipt": RECEIPT, "explanation": "near", "score": 80})


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        f"Sure!\n```json\n{GOOD}\n```\nAnything else?",
        GOOD.replace("}", ",}"),
        GOOD.replace("near", "near\nit"),
        GOOD.replace("near", r"\(x^2\) and \frac{1}{2}"),
        GOOD.replace('"', "'"),
        GOOD.replace(RECEIPT, RECEIPT.upper()),
        f"<think>{GOOD.replace('80', '3')}</think>{GOOD}",
        json.dumps({"verdict": {"receipt": RECEIPT, "score": 80}}),
        GOOD + "\n" + GOOD,
        f'It says {{"score": 100}} of itself, and {{"receipt": "ffff", "score": 99}}. {GOOD}',
        r"\frac{1}{2} " * 100 + GOOD,
        GOOD.replace("80", "80.0"),
    ],
)
def test_verdicts_are_read_as_models_write_them(reply: str) -> None:
    assert read_reply(SIMILARITY, reply, RECEIPT).points == 80


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (None, "empty"),
        ("  ", "empty"),
        ("<think>" + GOOD, "ended before"),
        (f"<think>{GOOD}</think>", "nothing stood"),
        (GOOD[:-1], "no complete JSON"),
        ('{"score": 100}', "receipt"),
        (GOOD.replace(RECEIPT, "0" * 16), "receipt"),
        (GOOD.replace("80", "150"), "between 0 and 100"),
        (GOOD.replace("80", "-1"), "between 0 and 100"),
        (GOOD.replace("80", "NaN"), "between 0 and 100"),
        (GOOD.replace("80", '"80"'), "no number"),
        (GOOD.replace("80", "true"), "no number"),
        (GOOD.replace("80", "null"), "no number"),
        (GOOD + GOOD.replace("80", "81"), "differ"),
        (f"receipt {RECEIPT}, score 80", "no complete JSON"),
    ],
)
def test_everything_else_is_no_verdict(reply: str | None, fault: str) -> None:
    with pytest.raises(UnreadableReply, match=fault):
        read_reply(SIMILARITY, reply, RECEIPT)


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (json.dumps({"receipt": RECEIPT, "verdict": "EQUIVALENT"}), "EQUIVALENT"),
        (json.dumps({"receipt": RECEIPT, "verdict": " different "}), "DIFFERENT"),
        (f"They are the same.\nJudgement {RECEIPT}: EQUIVALENT", "EQUIVALENT"),
        (f"**Verdict ({RECEIPT}): Ambiguous**", "AMBIGUOUS"),
    ],
)
def test_words_are_read(reply: str, word: str) -> None:
    assert read_reply(EQUIVALENCE, reply, RECEIPT).word == word


@pytest.mark.parametrize(
    "reply",
    [
        "Judgement: EQUIVALENT",
        json.dumps({"receipt": RECEIPT, "verdict": "YES"}),
        f"Judgement {RECEIPT}: EQUIVALENT\nJudgement {RECEIPT}: DIFFERENT",
        f"Judgement {RECEIPT} is not EQUIVALENT",
    ],
)
def test_words_without_number_or_meaning_are_not(reply: str) -> None:
    with pytest.raises(UnreadableReply):
        read_reply(EQUIVALENCE, reply, RECEIPT)


def test_a_fault_quotes_nothing_of_the_reply() -> None:
    """It is told to the judge outside the data."""
    for value in ("IGNORE ALL", 1e9, None):
        with pytest.raises(UnreadableReply) as raised:
            read_reply(SIMILARITY, json.dumps({"receipt": RECEIPT, "score": value}), RECEIPT)
        assert "IGNORE" not in raised.value.fault and "1000000000" not in raised.value.fault


def test_an_explanation_is_bounded_and_can_be_stored() -> None:
    reply = json.dumps({"receipt": RECEIPT, "explanation": "\ud800" + "x" * 5_000, "score": 1})
    explanation = read_reply(SIMILARITY, reply, RECEIPT).explanation
    assert len(explanation) == 600
    explanation.encode()


@given(st.text(max_size=200))
def test_a_reply_without_the_number_is_never_a_verdict(text: str) -> None:
    for reply in (
        text,
        json.dumps({"score": 100, "explanation": text}),
        f"{text}{GOOD.replace(RECEIPT, 'x')}{text}",
    ):
        with pytest.raises(UnreadableReply):
            read_reply(SIMILARITY, reply, RECEIPT)


@given(st.floats(0, 100), st.text(max_size=200))
def test_what_is_written_is_what_is_read(points: float, words: str) -> None:
    reply = json.dumps({"receipt": RECEIPT, "explanation": words, "score": points})
    assert read_reply(SIMILARITY, reply, RECEIPT).points == points


@pytest.mark.parametrize("text", ["{" * 50_000, '{"' * 30_000, '{"a": ' * 20_000, "}" * 50_000, '"' * 50_000])
def test_replies_of_braces_end_soon(text: str) -> None:
    assert list(json_objects(text)) == []


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        ("Judgement: Yes", "EQUIVALENT"),
        ("Some work.\n\n**Judgment:** No (they differ)", "DIFFERENT"),
        ("the judgement is:\nYes.", "EQUIVALENT"),
        ("No\n\nThe answers are different.", "DIFFERENT"),
        ("Therefore, the predicted answer 5 is incorrect. The correct answer is 6.", "DIFFERENT"),
        ("Thus the two answers are not equivalent.", "DIFFERENT"),
        ("<think>Judgement: No</think>Judgement: Yes", "EQUIVALENT"),
    ],
)
def test_published_judgements_are_read(reply: str, word: str) -> None:
    assert read_published(reply) == Judgement(word=word, explanation=read_published(reply).explanation)


@pytest.mark.parametrize("reply", ["", "Nobody knows.", "Judgement: Yes\nJudgement: No", "Judgement: maybe"])
def test_published_replies_without_a_judgement_are_not(reply: str) -> None:
    with pytest.raises(UnreadableReply):
        read_published(reply)


def test_all_published_judgements_of_nemo_skills_are_read(shared: Path) -> None:
    folder = shared / "data" / "real" / "raw" / "math_responses" / "nemo_skills_answer_judge"
    rows = [
        json.loads(line)
        for file in sorted(folder.iterdir())
        for line in file.read_text().splitlines()
        if line
    ]
    assert len(rows) == 36
    words = [read_published(row["judgement"]).word for row in rows]
    expected = [read_published(row["expected_judgement"]).word for row in rows]
    assert set(words) == set(expected) == {"EQUIVALENT", "DIFFERENT"}
    labelled = [
        (word, row["judgement"].split("Judgement: ")[1][:2])
        for word, row in zip(words, rows, strict=True)
        if row["judgement"].count("Judgement: ") == 1
    ]
    assert len(labelled) > 20
    assert all((word == "EQUIVALENT") == (said == "Ye") for word, said in labelled)
