"""Steps on the texts: their form, their length, their language, and what fell into repetition."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from curation_runs import Row, problem, sifted, verdict
from hypothesis import given
from hypothesis import strategies as st

from genesys.curation.layouts.openr1 import reasoning_complete
from genesys.curation.steps.language import Language, language_of
from genesys.curation.steps.texts import form_fault
from genesys.errors import ConfigurationError, DataError

A = problem("a")
ENGLISH = "We add the two numbers and then divide the sum by three, because there are three of them in all."
GERMAN = "Wir addieren die beiden Zahlen und teilen dann die Summe durch drei, weil es insgesamt drei sind."


def rows(*texts: str) -> list[Row]:
    return [
        Row(problem=A, index=index, text=text, verdicts=[verdict(1.0)]) for index, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<think>a</think>b", None),
        (" \n<think>\na\n</think>\n\nb", None),
        ("<think></think>b", None),
        ("b", "no_think"),
        ("a</think>b", "no_think"),
        ("<think>a", "open_think"),
        ("</think><think>a", "open_think"),
        ("<think>a</think>b<think>c</think>d", "several_thinks"),
        ("<think>a</think>b</think>c", "several_thinks"),
        ("<think>a<think>b</think>c", "several_thinks"),
        ("first <think>a</think>b", "text_before"),
        ("<think>a</think> \n", "no_answer"),
    ],
)
def test_the_form_is_one_closed_think_block_and_an_answer(text: str, fault: str | None) -> None:
    assert form_fault(pa.array([text])).to_pylist() == [fault]


@given(st.lists(st.sampled_from(["<think>", "</think>", "a", " ", "<think", "ä\n"]), max_size=6).map("".join))
def test_a_text_of_the_right_form_has_complete_reasoning(text: str) -> None:
    fault = form_fault(pa.array([text]))[0].as_py()
    complete = reasoning_complete(pa.array([text]))[0].as_py()
    assert complete == (fault in (None, "text_before", "no_answer"))


def test_rows_of_another_form_are_dropped_by_name(tmp_path: Path) -> None:
    found = sifted(tmp_path, rows("<think>a</think>b", "b", "<think>a</think>"), '"format"')
    assert found.kept == ["a/0"]
    assert found.reasons == {"a/1": "format:no_think", "a/2": "format:no_answer"}


def test_repetition_is_what_the_sampler_saw_and_what_the_text_shows(tmp_path: Path) -> None:
    loop = "<think>" + ENGLISH + "wait, let me check that once more. " * 800 + "</think>42"
    given_rows = [*rows("<think>fine</think>42", loop), Row(problem=A, index=2, finish_reason="repetition")]
    found = sifted(tmp_path, given_rows, '"repetition"')
    assert found.reasons == {"a/1": "repetition", "a/2": "repetition"}
    assert str(found.details["a/1"]).startswith("from character ")
    found = sifted(tmp_path / "seen", given_rows, '{ step = "repetition", detect = false }')
    assert found.kept == ["a/0", "a/1"]


def test_length_is_in_tokens_of_the_run(tmp_path: Path) -> None:
    given_rows = [Row(problem=A, index=index, tokens=tokens) for index, tokens in enumerate((3, 4, 9, 10))]
    found = sifted(tmp_path, given_rows, '{ step = "length", at_least = 4, at_most = 9 }')
    assert found.kept == ["a/1", "a/2"]
    assert found.reasons == {"a/0": "too_short", "a/3": "too_long"}
    assert found.details == {"a/0": "3 tokens", "a/3": "10 tokens"}


def test_an_unknown_length_is_an_error_that_asks_for_a_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no count for 1 completions(.|\n)*tokenizer"):
        sifted(tmp_path, [Row(problem=A, tokens=None)], '{ step = "length", at_most = 9 }')


def test_other_languages_and_mixtures_are_dropped_and_code_and_formulas_do_not_count(tmp_path: Path) -> None:
    mixed = f"<think>{ENGLISH} 我们需要先把这两个数加起来</think>42"
    formulas = (
        f"<think>{ENGLISH}</think> $\\alpha + \\beta$ ```\nfür jedes element in der liste\n``` \\boxed{{42}}"
    )
    texts = (f"<think>{ENGLISH}</think>42", f"<think>{GERMAN}</think>42", mixed, formulas, "\\boxed{42}")
    found = sifted(tmp_path, rows(*texts), '{ step = "language", keep = ["en"] }')
    assert found.kept == ["a/0", "a/3", "a/4"]
    assert found.reasons == {"a/1": "language:de", "a/2": "language:mixed"}


def test_a_long_text_is_read_at_both_ends() -> None:
    assert language_of(ENGLISH * 100) == {"language": "en", "mixed": 0.0}
    assert language_of("42 + 7 = 49") == {"language": None, "mixed": 0.0}


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(ConfigurationError, match="unknown language 'english'"):
        Language(keep=("english",))
