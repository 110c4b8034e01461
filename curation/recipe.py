"""A recipe: what a dataset is made of, and by which rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from genesys.curation.relations import Layout, Rule, Step
from genesys.errors import ConfigurationError, UnknownName

DEFAULT = "default"
"""The key of `thresholds` that stands for task types without a threshold of their own."""

REJECTED = "rejected"
"""Folder and config of the rows that are in no output."""

JUDGED = "llm_judgeable_groundtruth_similarity"
"""The task type whose threshold says from which score a judge finds an answer right."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RECIPE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Output:
    """One dataset that a recipe makes.

    Attributes:
        name: Its folder and its config: "sft". Lower case letters, digits and underscores.
        layout_name: What its layout is called in recipes.
        layout: Its columns.
        steps: Name and step, in the order in which they judge.
        rule: Selects among the completions of a problem, where the layout is made of such selections.
        rule_name: What its rule is called in recipes.
    """

    name: str
    layout_name: str
    layout: Layout
    steps: tuple[tuple[str, Step], ...] = ()
    rule: Rule | None = None
    rule_name: str = "rule"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"an output cannot be called {self.name!r}",
                "Its name is a folder and a config: a lower case letter, then letters, digits and _.",
            )
        if self.layout.selected and self.rule is None:
            raise ConfigurationError(
                f"output {self.name!r}: layout {self.layout_name!r} needs a rule",
                'Add one, such as: select = { rule = "best-worst" }',
            )
        if not self.layout.selected and self.rule is not None:
            raise ConfigurationError(
                f"output {self.name!r}: layout {self.layout_name!r} has one row a completion and no rule",
                "Leave `select` out, or choose another layout.",
            )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How runs become datasets.

    Attributes:
        name: What it is called: "synthetic-1".
        thresholds: Task type -> least score that passes; "default" for all others.
        outputs: The datasets it makes.
        verifiers: Task type -> key of the verifier whose scores count; where absent, the task type's own
            verifier, or the only one that has scored.
        judges: Names of verifiers whose scores are a second opinion on what the first leaves open, the most
            wanted first: "judge".
        configs: Name of a config -> the outputs it puts together, besides a config for each output.
        licences: Source -> licence of its problems, for the card; else what the problems' metadata state.
        summary: What it makes, in one line.
        text: The recipe as TOML, copied beside the data it made; "" where it came from no file.
    """

    name: str
    thresholds: Mapping[str, float]
    outputs: tuple[Output, ...]
    verifiers: Mapping[str, str] = field(default_factory=dict)
    judges: tuple[str, ...] = ()
    configs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    licences: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if not _RECIPE_NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"a recipe cannot be called {self.name!r}",
                "Use lower case letters, digits, dots, dashes and underscores.",
            )
        for task_type, least in self.thresholds.items():
            if isinstance(least, bool) or not isinstance(least, int | float) or not 0.0 < least <= 1.0:
                raise ConfigurationError(f"the threshold of {task_type} must lie in (0, 1], not {least!r}")
        if not self.outputs:
            raise ConfigurationError(
                f"recipe {self.name!r} has no outputs", "Add one, such as [outputs.sft]."
            )
        if len({output.name for output in self.outputs}) < len(self.outputs):
            raise ConfigurationError(f"recipe {self.name!r} has two outputs of one name")
        names = {output.name for output in self.outputs}
        if REJECTED in {*names, *self.configs}:
            raise ConfigurationError(
                f"neither output nor config can be called {REJECTED!r}: rejected rows are"
            )
        for config, members in self.configs.items():
            if not _NAME.fullmatch(config) or config in names:
                raise ConfigurationError(
                    f"a config cannot be called {config!r}",
                    "Its name has lower case letters, digits and _, and no output has it.",
                )
            for member in members:
                if member not in names:
                    raise UnknownName.of(f"output of config {config!r}:", member, names)
        for output in self.outputs:
            if output.rule is not None:
                output.rule.check({**self.thresholds, DEFAULT: self.default_threshold})

    def threshold(self, task_type: str) -> float:
        """The least score that passes."""
        return float(self.thresholds.get(task_type, self.default_threshold))

    @property
    def default_threshold(self) -> float:
        """The least score that passes in task types that have no threshold of their own."""
        return float(self.thresholds.get(DEFAULT, 1.0))
