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
    {"boxed": "genesys.envs.templates:BOXED", "plain": "genesys.envs.templates:PLAIN"},
)
"""Other packages add theirs, objects of `Template`, through the entry-point group `genesys.templates`."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """A way of putting problems.

    Attributes:
        name: Its name in the registry.
        version: Moves with any change of the wording.
        render: From a problem to its messages; a function of the problem alone.
    """

    name: str
    version: str
    render: Callable[[Problem], Messages]

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


BOXED_INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."
"""OpenR1-Math's instruction (open-r1/OpenR1-Math-220k, dataset card)."""

PLAIN = Template(name="plain", version="1", render=_plain)
"""One user turn: the prompt as it is."""

BOXED = Template(name="boxed", version="1", render=_boxed)
"""One user turn: the prompt, a blank line, and OpenR1's instruction."""
