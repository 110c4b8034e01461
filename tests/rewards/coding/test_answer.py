"""The program in a completion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys.rewards.coding.answer import read_program
from genesys.rewards.sandbox.languages import LANGUAGES

CASES = [
    ("the only block", "```python\nx = 1\n```", "python", "x = 1\n"),
    ("the last of several", "```python\na\n```\ntext\n```python\nb\n```", "python", "b\n"),
    ("the last of the asked language", "```python\na\n```\n```cpp\nb\n```", "python", "a\n"),
    ("an output block behind it", "```python\na\n```\nOutput:\n```\n42\n```", "python", "a\n"),
    ("no tag anywhere", "```\na\n```\n```\nb\n```", "python", "b\n"),
    ("tildes", "~~~python\na\n~~~", "python", "a\n"),
    ("backticks between tildes", "~~~py\ns = '''\n```\n'''\n~~~", "python", "s = '''\n```\n'''\n"),
    ("a longer fence", "````python\n```\na\n```\n````", "python", "```\na\n```\n"),
    (
        "a fence in a docstring",
        '```python\ns = """\n```\nx\n```\n"""\nprint(s)\n```',
        "python",
        '"""\nprint(s)\n',
    ),
    ("a fence in a comment", "```js\n/*\n```\n*/\nf();\n```", "javascript", "*/\nf();\n"),
    ("a fence in a raw string", '```cpp\nauto s = R"(\n```\n)";\n```', "cpp", ')";\n'),
    ("a fence in a Rust string", '```rust\nlet s = "\n```\n";\n```', "rust", '";\n'),
    (
        "an apostrophe in a comment",
        "```python\n# don't\nx = 1\n```\nIt's done.",
        "python",
        "# don't\nx = 1\n",
    ),
    ("a literal that never ends", '```python\ns = """\n```\ntext', "python", 's = """\n'),
    ("an upper-case tag", "```Python\na\n```", "python", "a\n"),
    ("a tag with attributes", "```{.python .numberLines}\na\n```", "python", "a\n"),
    ("a tag with a title", '```py title="a.py"\na\n```', "python", "a\n"),
    ("C++ by its name", "```c++\na\n```", "cpp", "a\n"),
    ("an indented block", "1. So:\n   ```python\n   if x:\n       y\n   ```", "python", "if x:\n    y\n"),
    ("a block that the text ends in", "```python\na\nb", "python", "a\nb"),
    ("inline code is no fence", "Use ```x``` here.\n```python\na\n```", "python", "a\n"),
    ("windows line ends", "```python\r\na\r\n```\r\n", "python", "a\r\n"),
    ("after the reasoning", "<think>```python\nwrong\n```</think>```python\nright\n```", "python", "right\n"),
]


@pytest.mark.parametrize(("text", "language", "end"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_program_is_found(text: str, language: str, end: str) -> None:
    program = read_program(text, language).text
    assert program is not None
    assert program.endswith(end), program


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "no_answer"),
        ("def f(): pass", "no_answer"),
        ("```cpp\nint main() {}\n```", "format"),
        ("```python\n\n```", "format"),
        ("<think>```python\nx\n```", "truncated"),
        ("```python\n" + "x" * 1_000_001 + "\n```", "format"),
    ],
)
def test_no_program_has_its_cause(text: str, cause: str) -> None:
    assert read_program(text, "python").cause == cause


def test_a_bare_answer_is_the_whole_text() -> None:
    assert read_program("<think></think>print(1)", "python", "bare").text == "print(1)"


@given(st.text(alphabet="`~\n\"'\\/*#R(){} \tab", max_size=300), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_is_read(text: str, language: str) -> None:
    answer = read_program(text, language)
    assert (answer.text is None) == (answer.cause is not None)


@pytest.mark.parametrize(
    "unit", ["/*", '"\\', "'''", "```\n/*\n```\n", 'R"(', "`", "```\n", "~~~ x\n", 'r#"', "\\"]
)
@pytest.mark.parametrize("language", ["python", "javascript", "cpp", "rust"])
def test_a_text_that_invites_to_look_twice_is_read_once(unit: str, language: str) -> None:
    text = f"```{language}\n" + unit * (480_000 // len(unit))
    assert read_program(text, language).cause in (None, "format")  # minutes, were it not linear
