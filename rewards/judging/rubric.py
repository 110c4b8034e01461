"""Rubrics: what a judge is asked, as versioned data files.

A rubric is a file `rubrics/NAME@VERSION.toml`: the system prompt, the blocks of data it is shown, the question
it is left with, the JSON schema of its reply, and what its words mean. A published version never changes, since
scores under its name would no longer be comparable (`tests/rewards/judging` holds the digests): another
wording is another version.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from genesys.errors import ConfigurationError, UnknownName

Sees = Literal["answer", "final_answer", "reasoning"]
"""What of a completion the judge is shown: all after the last `</think>`, only the final answer in it where one
can be read, or the reasoning as well."""

CURRENT = {"similarity": "1", "similarity-code": "1", "equivalence": "1", "soundness": "1"}
"""The version that a rubric's bare name stands for; to change one is a new version of every judging verifier."""

BY_TASK_TYPE = {"llm_judgeable_groundtruth_similarity": "similarity", "verifiable_math": "equivalence"}
"""The rubric of a task type, where neither the verifier nor the problem names one."""


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """One question to a judge.

    Attributes:
        key: `"name@version"`.
        summary: What it measures, in a sentence.
        sees: What of the completion the judge is shown.
        blocks: The blocks of data, in their order; those without content are left out.
        reply: Whether the judge gives points from 0 to 100 or one word.
        system: The system prompt, without the rules of the blocks, which `rendering` adds.
        closing: The question that stands after the blocks.
        schema: The JSON schema of the reply; `receipt` must be among its fields.
        outcomes: Word -> "right" or the name of a cause.
    """

    key: str
    summary: str
    sees: Sees
    blocks: tuple[str, ...]
    reply: Literal["points", "word"]
    system: str
    closing: str
    schema: Mapping[str, Any]
    outcomes: Mapping[str, str] = field(default_factory=dict)

    @property
    def decides(self) -> str:
        """The field of the reply that decides."""
        return "score" if self.reply == "points" else "verdict"


def rubric_named(name: str) -> Rubric:
    """The rubric of a name, `"similarity"`, or of a pinned one, `"similarity@1"`.

    Raises:
        UnknownName: If there is no such rubric or version.
    """
    plain, _, version = name.partition("@")
    return _load(f"{plain}@{version or CURRENT.get(plain, '')}")


def rubric_keys() -> list[str]:
    """The keys of all rubrics in the package."""
    return sorted(file.name.removesuffix(".toml") for file in _folder().iterdir() if "@" in file.name)


@cache
def _load(key: str) -> Rubric:
    if key not in rubric_keys():  # also keeps paths out
        raise UnknownName.of("rubric", key.rstrip("@"), rubric_keys())
    values = tomllib.loads((_folder() / f"{key}.toml").read_text(encoding="utf-8"))
    try:
        return Rubric(
            key=key, **{**values, "blocks": tuple(values["blocks"]), "system": values["system"].strip()}
        )
    except (TypeError, KeyError) as error:
        raise ConfigurationError(f"rubric {key} is not written as one: {error}") from None


def _folder() -> Traversable:
    return files("genesys.rewards.judging") / "rubrics"
