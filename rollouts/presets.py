r"""Presets: how published harvests were sampled, under one name.

    genesys collect --preset deepseek-r1 --env genesys/math-v0 --model deepseek-ai/DeepSeek-R1 ...

A preset is a set of defaults: any flag beside it wins, and the command says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from genesys.errors import UnknownName
from genesys.schema import Sampling

THINK = "<think>\n"
"""What R1's recommendations have every answer begin with; the rest of the line belongs to the tag."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Settings of a published harvest.

    Attributes:
        name: Its name.
        about: Where it comes from, in a line.
        sampling: How samples are drawn.
        template: How problems are put; None is the environment's own, one user turn without a system prompt.
        opening: What the assistant's turn begins with, whether the chat template writes it itself or not.
        repetition: Whether samples that have fallen into a loop are ended.
    """

    name: str
    about: str
    sampling: Sampling
    template: str | None = None
    opening: str = ""
    repetition: bool = True


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="deepseek-r1",
            about="DeepSeek-R1's recommendations and SYNTHETIC-1's limit",
            sampling=Sampling(temperature=0.6, top_p=0.95, max_tokens=12_288),
            opening=THINK,
        ),
        Preset(
            name="openr1",
            about="OpenR1-Math-220k: its instruction, and a limit that 75 % of its traces fit in twice",
            sampling=Sampling(temperature=0.6, top_p=0.95, max_tokens=16_384),
            template="boxed",
            opening=THINK,
        ),
    )
}
"""Name -> preset. SYNTHETIC-1's own settings are `deepseek-r1`."""

DEFAULTS = Preset(
    name="default",
    about="without a preset",
    sampling=Sampling(temperature=0.6, top_p=0.95, max_tokens=12_288),
    repetition=False,
)


def preset(name: str | None) -> Preset:
    """The preset of a name; None is what holds without one.

    Raises:
        UnknownName: If there is none of this name.
    """
    if name is None:
        return DEFAULTS
    if name not in PRESETS:
        raise UnknownName.of("preset", name, PRESETS)
    return PRESETS[name]


def with_flags(chosen: Preset, flags: Mapping[str, Any]) -> tuple[Preset, list[str]]:
    """A preset under the flags given beside it.

    Args:
        chosen: The preset.
        flags: Flag or field name -> value, None where not given: temperature, top_p, top_k, max_tokens,
            template, opening, repetition.

    Returns:
        The preset as it holds now, and one line for each value that a flag changed.
    """
    notes = []
    for name, value in flags.items():
        of_sampling = name in Sampling.__dataclass_fields__
        before = getattr(chosen.sampling if of_sampling else chosen, name)
        if value is None or value == before:
            continue
        if chosen is not DEFAULTS and chosen.name != DEFAULTS.name:
            notes.append(f"{name} is {value!r}, where the preset {chosen.name} has {before!r}")
        if of_sampling:
            chosen = replace(chosen, sampling=replace(chosen.sampling, **{name: value}))
        else:
            chosen = replace(chosen, **{name: value})
    return chosen, notes
