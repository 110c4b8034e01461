"""The page on curation names every step, rule and layout with its settings."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from genesys.curation.layouts import LAYOUTS
from genesys.curation.recipe_file import load_recipe
from genesys.curation.rules import RULES
from genesys.curation.steps import STEPS
from genesys.registry import Registry

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "curation.md").read_text("utf-8")


@pytest.mark.parametrize(("registry", "name"), [(kind, name) for kind in (STEPS, RULES) for name in kind])
def test_each_step_and_rule_has_a_line_with_its_settings(registry: Registry, name: str) -> None:
    (line,) = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.MULTILINE)
    for field in fields(registry.load(name)):
        assert re.search(rf"\b{field.name}\b", line), field.name


def test_each_layout_has_a_line_with_its_columns() -> None:
    for name in LAYOUTS:
        (line,) = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.MULTILINE)
        words = re.findall(r"\w+", line.rsplit("|", 2)[1].replace("(JSON)", ""))
        assert words == LAYOUTS.load(name).schema.names


@pytest.mark.parametrize("name", ["synthetic-1", "openr1-math"])
def test_the_lines_that_are_explained_are_those_of_the_recipe(name: str) -> None:
    explained = PAGE.partition(f"### `{name}`, line by line")[2].partition("```toml")[2].partition("```")[0]
    recipe = "".join(load_recipe(name).text.split())
    for line in explained.splitlines():
        code = line.partition(" #")[0].strip().rstrip(",")
        assert "".join(code.split()) in recipe
