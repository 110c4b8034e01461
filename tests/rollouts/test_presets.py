"""Presets: the published settings, and what flags make of them."""

from __future__ import annotations

import pytest
from runs import make_problem

from genesys.envs.templates import template
from genesys.errors import UnknownName
from genesys.rollouts.presets import DEFAULTS, PRESETS, preset, with_flags
from genesys.schema import open_think


def test_deepseek_r1_is_as_published() -> None:
    chosen = preset("deepseek-r1")
    assert (chosen.sampling.temperature, chosen.sampling.top_p, chosen.sampling.max_tokens) == (
        0.6,
        0.95,
        12_288,
    )
    assert chosen.opening == "<think>\n"
    assert chosen.template is None


def test_openr1_has_its_instruction_and_its_limit() -> None:
    chosen = preset("openr1")
    assert chosen.sampling.max_tokens == 16_384
    problem = make_problem(1)
    (turn,) = template(chosen.template or "").render(problem)
    assert turn["role"] == "user"
    assert turn["content"].endswith("put your final answer within \\boxed{}.")


@pytest.mark.parametrize("name", PRESETS)
def test_an_opening_is_an_open_think_tag(name: str) -> None:
    opening = preset(name).opening
    assert open_think(f"prompt{opening}") == opening


def test_flags_win_and_are_told() -> None:
    chosen, notes = with_flags(
        preset("deepseek-r1"),
        {"temperature": 0.7, "top_p": 0.95, "max_tokens": None, "opening": "", "template": None},
    )
    assert (chosen.sampling.temperature, chosen.opening) == (0.7, "")
    assert notes == [
        "temperature is 0.7, where the preset deepseek-r1 has 0.6",
        "opening is '', where the preset deepseek-r1 has '<think>\\n'",
    ]


def test_flags_without_a_preset_are_nothing_to_tell() -> None:
    assert with_flags(DEFAULTS, {"temperature": 0.1})[1] == []


def test_an_unknown_preset_suggests() -> None:
    with pytest.raises(UnknownName, match="deepseek-r1"):
        preset("deepseek")


def test_system_prompts_are_turns_of_their_own() -> None:
    problem = make_problem(1)
    for name in ("final-answer", "think-answer"):
        system, user = template(f"{name}@1").render(problem)
        assert (system["role"], user) == ("system", {"role": "user", "content": problem.prompt})
    assert template("think-answer").answer_format == "answer_tag"
