r"""Templates: how a problem is put to a model.

    template("boxed").render(problem)
    # [{"role": "user", "content": "What is 6 * 7?\n\nPlease reason step by step, ..."}]

A template's version is part of a run's identity: another wording is another version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genesys.errors import ConfigurationError
from genesys.registry import Registry
from genesys.schema import Problem

Messages = list[dict[str, str]]
"""Turns of a conversation, each `{"role": ..., "content": ...}`."""

TEMPLATES = Registry(
    "template",
    "genesys.templates",
    {
        "boxed": "genesys.envs.templates:BOXED",
        "final-answer": "genesys.envs.templates:FINAL_ANSWER",
        "plain": "genesys.envs.templates:PLAIN",
        "think-answer": "genesys.envs.templates:THINK_ANSWER",
    },
)
"""Other packages add theirs, objects of `Template`, through the entry-point group `genesys.templates`."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """A way of putting problems.

    Attributes:
        name: Its name in the registry.
        version: Moves with any change of the wording.
        render: From a problem to its messages; a function of the problem alone.
        answer_format: Where it has the answer stand (`genesys.rewards.answers`), if not where the task type has
            it.
    """

    name: str
    version: str
    render: Callable[[Problem], Messages]
    answer_format: str | None = None

    @property
    def key(self) -> str:
        """`"name@version"`."""
        return f"{self.name}@{self.version}"


def template(name: str) -> Template:
    """The template named `"boxed"` or, pinned, `"boxed@1"`.

    Raises:
        UnknownName: If no registry holds the name.
        ConfigurationError: If the pinned version is not the one this package carries.
    """
    plain, _, version = name.partition("@")
    found: Template = TEMPLATES.load(plain)
    if version and version != found.version:
        raise ConfigurationError(
            f"template {name} is asked for, but this package carries {found.key}",
            "Pin the genesys version that carries it, or take the present one.",
        )
    return found


def _user(content: str) -> Messages:
    return [{"role": "user", "content": content}]


def _plain(problem: Problem) -> Messages:
    return _user(problem.prompt)


def _boxed(problem: Problem) -> Messages:
    return _user(f"{problem.prompt}\n\n{BOXED_INSTRUCTION}")


def _final_answer(problem: Problem) -> Messages:
    return [{"role": "system", "content": FINAL_ANSWER_SYSTEM}, *_user(problem.prompt)]


def _think_answer(problem: Problem) -> Messages:
    return [{"role": "system", "content": THINK_ANSWER_SYSTEM}, *_user(problem.prompt)]


BOXED_INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."
"""OpenR1-Math's instruction (open-r1/OpenR1-Math-220k, dataset card)."""

PLAIN = Template(name="plain", version="1", render=_plain)
"""One user turn: the prompt as it is."""

BOXED = Template(name="boxed", version="1", render=_boxed)
"""One user turn: the prompt, a blank line, and OpenR1's instruction."""

FINAL_ANSWER_SYSTEM = (
    "Solve the following math problem efficiently and clearly. Think step by step and check your work. "
    "End with a line of its own: Therefore, the final answer is: $\\boxed{answer}$. Here, answer is just the "
    "number or expression that solves the problem."
)
"""In the style of INTELLECT-MATH and of Llama's evaluations: reasoning, then a line with the final answer."""

THINK_ANSWER_SYSTEM = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The "
    "assistant first thinks about the reasoning process in the mind and then provides the user with the answer. "
    "The reasoning process and answer are enclosed within <think> </think> and <answer> </answer> tags, "
    "respectively, i.e., <think> reasoning process here </think> <answer> answer here </answer>."
)
"""DeepSeek-R1-Zero's instruction (arXiv 2501.12948, table 1)."""

FINAL_ANSWER = Template(name="final-answer", version="1", render=_final_answer)
"""A system prompt that asks for reasoning and a last line with the boxed answer; then the prompt."""

THINK_ANSWER = Template(name="think-answer", version="1", render=_think_answer, answer_format="answer_tag")
"""R1-Zero's system prompt: reasoning and answer in tags of their own, read by their `<answer>`."""
