r"""Verifier `output`: what does this program print?

    problem   verification_info {"ground_truth": "[(4, 1), (2, 3)]"}
    text      <think>...</think>{"output": "[(4, 1), (2, 3)]"}

The answer is read by `answer_format`; by default it is the field "output" of a JSON object or the last
\boxed, whichever stands later. It is compared exactly (`genesys.rewards.output_match`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import ClassVar

from genesys.rewards.answers import READERS, Answer, answer_format, read_answer
from genesys.rewards.output_match import same_as_json, same_output
from genesys.rewards.verifier import Kind
from genesys.schema import Problem, Verdict, split_reasoning

JSON_OR_BOXED = "json_or_boxed"
"""The default of the task type: SYNTHETIC-1's prompts ask for JSON, the generators' for a box."""

SHOWN = 300
"""Characters of an answer that a verdict shows."""


@dataclass(frozen=True, kw_only=True)
class OutputVerifier:
    """Compares a predicted output with the expected one.

    Attributes:
        answer_format: Where the answer stands (`genesys.rewards.answers`); None leaves it to the
            problem's `metadata["answer_format"]`, and then to the default.
    """

    name: ClassVar[str] = "output"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "inline"

    answer_format: str | None = None

    def verify(self, problem: Problem, text: str) -> Verdict:
        """Scores 1.0 or 0.0, in time linear in the text."""
        if (reason := self.check_gold(problem)) is not None:
            return Verdict.unscorable("bad_gold", reason=reason)
        form = answer_format(problem, self.answer_format, JSON_OR_BOXED)
        if form != JSON_OR_BOXED and form not in READERS:
            return Verdict.unscorable("unsupported", reason=f"unknown answer_format {form[:80]!r}")
        form, answer = _read(text, form, problem.prompt)
        if answer.text is None:
            return Verdict.wrong(answer.cause or "no_answer", answer_format=form)
        shown = answer.text[:SHOWN]
        if _matches(problem.verification_info["ground_truth"], answer.text, form, text):
            return Verdict.right(answer=shown, answer_format=form)
        return Verdict.wrong("wrong_answer", answer=shown, answer_format=form)

    def check_gold(self, problem: Problem) -> str | None:
        """Why the expected output cannot be used, or None."""
        gold = problem.verification_info.get("ground_truth")
        if isinstance(gold, str):
            return None
        return f"verification_info.ground_truth must be text, not {type(gold).__name__}"


def _read(text: str, form: str, prompt: str) -> tuple[str, Answer]:
    """The answer, and the format it was found in."""
    if form != JSON_OR_BOXED:
        return form, _read_as(form, text, prompt)
    answer = split_reasoning(text).answer or ""
    box = max(answer.rfind("\\boxed"), answer.rfind("\\fbox"))
    first, second = ("json_output", "boxed") if answer.rfind('"output"') > box else ("boxed", "json_output")
    found = _read_as(first, text, prompt)
    if found.text is not None or found.cause == "truncated":
        return first, found
    other = _read_as(second, text, prompt)
    if other.text is not None or other.cause == "format":
        return second, other
    return first, found


def _read_as(form: str, text: str, prompt: str) -> Answer:
    try:
        return read_answer(text, (form,), quoted=prompt)
    except RecursionError:  # JSON of a thousand brackets is no answer that a program of ours prints
        return Answer(None, "format")


def _matches(gold: str, answer: str, form: str, text: str) -> bool:
    if same_output(gold, answer):
        return True
    if form == "json_output":
        return same_as_json(gold, answer if _is_json_string(text) else _json_value(answer))
    if form == "boxed":
        plain = without_tex(answer)
        return plain != answer and same_output(gold, plain)
    return False


def _is_json_string(text: str) -> bool:
    """Whether the last "output" of a text is a string; `read_answer` gives other values as JSON."""
    last = text[text.rfind(_KEY) + len(_KEY) :]
    return last.lstrip().removeprefix(":").lstrip().startswith('"')


_KEY = '"output"'


def _json_value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_WRAPPER = re.compile(r"\\(?:text|texttt|textrm|textbf|mathtt|mathrm|mbox)\s*\{(.*)\}", re.DOTALL)
_ESCAPE = re.compile(r"\\([_{}#$%& ])")


def without_tex(text: str) -> str:
    r"""What a box shows: `\text{..}` and `\texttt{..}` around it and escapes such as `\_` undone."""
    for _ in range(3):  # wrappers within wrappers, but not as many as a hostile text may hold
        wrapped = _WRAPPER.fullmatch(text)
        if wrapped is None:
            break
        text = wrapped.group(1).strip()
    return _ESCAPE.sub(r"\1", text).replace("\\textbackslash", "\\")
