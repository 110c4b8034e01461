"""Templates."""

from __future__ import annotations

import pytest

from genesys.envs.templates import TEMPLATES, template
from genesys.errors import ConfigurationError, UnknownName
from genesys.schema import Problem

PROBLEM = Problem(
    problem_id="p", source="made", task_type="verifiable_math", prompt="What is 6 * 7?", verification_info={}
)


def test_plain_is_the_prompt_as_it_is() -> None:
    assert template("plain").render(PROBLEM) == [{"role": "user", "content": "What is 6 * 7?"}]


def test_boxed_adds_the_instruction_of_openr1() -> None:
    assert template("boxed@1").render(PROBLEM) == [
        {
            "role": "user",
            "content": "What is 6 * 7?\n\n"
            "Please reason step by step, and put your final answer within \\boxed{}.",
        }
    ]


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_template_is_registered_under_its_own_name(name: str) -> None:
    assert template(name).key == f"{name}@{template(name).version}"


def test_unknown_names_are_suggested() -> None:
    with pytest.raises(UnknownName, match="unknown template 'boxd'\nDid you mean 'boxed'"):
        template("boxd")


def test_a_version_that_the_package_does_not_carry_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match="template boxed@0 is asked for, but this package carries boxed@1"
    ):
        template("boxed@0")
