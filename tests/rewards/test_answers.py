"""Reading answers: the traps of boxes, tags and fences, and time linear in hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.rewards.answers import MAX_ANSWER, READERS, answer_format, last_box_end, read_answer, read_boxed
from genesys.schema import Problem

BOXED = ("boxed",)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{5}", "5"),
        (r"so $\boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
        (r"\fbox{7}", "7"),
        (r"\boxed {8}", "8"),
        (r"\boxed 9", "9"),
        (r"\boxed\frac{2}{3}", r"\frac{2}{3}"),
        (r"\boxed{a\}b}", r"a\}b"),
        (r"\boxed{\{1,2\}}", r"\{1,2\}"),
        (r"first \boxed{1}, no: \boxed{2}.", "2"),
        (r"\boxed{\boxed{3}}", "3"),
        (r"\boxed{x=\boxed{4}}", "4"),
        (r"\boxed{6} and then \boxed{", "6"),
        (r"\boxed{5}, as asked in \boxed{}", "5"),
        (r"\boxed{1} \boxed{1}", "1"),
        (r"{ \boxed{2}", "2"),
        (r"} \boxed{2} }", "2"),
    ],
)
def test_the_last_balanced_box(text: str, answer: str) -> None:
    assert read_boxed(text).text == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{1}, \boxed{2}", "1, 2"),
        (r"$\boxed{1}$ and $\boxed{2}$", "1, 2"),
        (r"\[ \boxed{1} \quad \text{and} \quad \boxed{2} \]", "1, 2"),
        (r"\boxed{(3,3)} \text{ for part (a) and } \boxed{(1,1)}", "(3,3), (1,1)"),
        (r"\boxed{1} or \boxed{2} or \boxed{3}", "1, 2, 3"),
        (r"\boxed{1}. Then \boxed{2}", "2"),
        (r"\boxed{1} no \boxed{2}", "2"),
    ],
)
def test_boxes_side_by_side_are_one_list(text: str, answer: str) -> None:
    assert read_boxed(text).text == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{1} \phantom{\boxed{2}}", "1"),
        (r"\boxed{1} \hphantom{x \boxed{2} y}", "1"),
        ("\\boxed{1}\n% \\boxed{2}", "1"),
        (r"\boxed{1} % \boxed{2}", "1"),
        (r"\boxed{1} <!-- \boxed{2} -->", "1"),
        (r"\boxed{1} \iffalse \boxed{2} \fi", "1"),
        ("\\boxed{1}\\begin{comment}\\boxed{2}\\end{comment}", "1"),
        (r"It is 25% of \boxed{4}", "4"),
        (r"a 5\% rise: \boxed{6}", "6"),
    ],
)
def test_what_nobody_sees_is_no_answer(text: str, answer: str) -> None:
    assert read_boxed(text).text == answer


@pytest.mark.parametrize(
    ("text", "cause"),
    [("no box", "no_answer"), (r"\boxed{5", "format"), (r"\boxed{}", "format"), (r"\boxed{ }", "format")],
)
def test_no_answer_and_a_malformed_one(text: str, cause: str) -> None:
    assert read_boxed(text) == (None, cause)


def test_boxes_in_the_reasoning_are_no_answers() -> None:
    assert read_answer(r"<think>\boxed{1}</think>\boxed{2}", BOXED).text == "2"
    assert read_answer(r"<think>\boxed{1}</think>done", BOXED).cause == "no_answer"
    assert read_answer(r"<think>\boxed{1}", BOXED).cause == "truncated"


def test_a_quoted_problem_pays_nothing() -> None:
    prompt = "Is 42 right? Put your final answer in \\boxed{42} please."
    text = f"The problem says: {prompt} I do not know."
    assert read_answer(text, BOXED).text == "42"
    assert read_answer(text, BOXED, quoted=prompt).cause == "no_answer"


def test_the_first_format_that_finds_an_answer_counts() -> None:
    text = 'I box \\boxed{1} and then say {"output": "2"}'
    assert read_answer(text, ("json_output", "boxed")).text == "2"
    assert read_answer(text, ("answer_tag", "boxed")).text == "1"


def test_json_output_behind_other_objects() -> None:
    assert read_answer('{"steps": {"a": 1}, "output": "xyz"}', ("json_output",)).text == "xyz"
    assert read_answer('{"output": {"a": [1, 2]}}', ("json_output",)).text == '{"a": [1, 2]}'
    assert read_answer('{"output": "cut', ("json_output",)).cause == "format"


def test_answer_tags_and_fences() -> None:
    assert read_answer("<answer>1</answer> or <answer> 2 </answer>", ("answer_tag",)).text == "2"
    assert read_answer("<answer>1", ("answer_tag",)).cause == "format"
    assert (
        read_answer("```python\na\n```\ntext\n````\nb\n```\nc\n````", ("fenced_code",)).text == "b\n```\nc\n"
    )
    assert read_answer("```\nopen", ("fenced_code",)).cause == "format"


def test_the_problem_names_its_format_unless_overridden() -> None:
    problem = Problem(
        problem_id="p",
        source="s",
        task_type="verifiable_math",
        prompt="?",
        verification_info={},
        metadata={"answer_format": "<answer>"},
    )
    assert answer_format(problem, None, "boxed") == "answer_tag"
    assert answer_format(problem, "bare", "boxed") == "bare"


def test_where_the_last_box_ends() -> None:
    assert last_box_end(r"\boxed{1} x") == len(r"\boxed{1}")
    assert last_box_end("none") == 0


@pytest.mark.parametrize(
    "text",
    [
        "\\boxed{" * 100_000,
        "{" * 1_000_000 + "\\boxed{1}",
        "\\boxed{1}," * 50_000,
        "<!--" * 100_000,
        "\\phantom{" * 50_000 + "\\boxed{1}",
        "%" * 500_000,
        '{"output":' * 50_000,
        "<answer>" * 50_000,
        "```\n" * 100_000,
        "\\" * 500_001,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_megabytes_end(text: str) -> None:
    for name in READERS:
        found = read_answer(text, (name,))
        assert found.text is None or len(found.text) <= MAX_ANSWER


@given(st.text(alphabet='\\boxed{}[]()<>/answer%`"output:, 12\n', max_size=80))
def test_readers_never_raise_and_say_why(text: str) -> None:
    for name, read in READERS.items():
        found = read(text)
        assert (found.text is None) == (found.cause is not None), name


@given(st.text(alphabet="abc123+-= ,.", min_size=1, max_size=20).filter(str.strip), st.text(max_size=40))
def test_a_box_at_the_end_is_read_whatever_stands_before(content: str, before: str) -> None:
    text = before.replace("%", "").replace("\\", "").replace("<", "") + ". So it is \\boxed{" + content + "}"
    assert read_boxed(text).text == content.strip(" \n")
