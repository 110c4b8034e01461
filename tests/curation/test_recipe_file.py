"""Recipes: what genesys brings is sound, and each mistake in one's own is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from genesys.curation import Output, Recipe, load_recipe, recipe_names
from genesys.curation.layouts import Synthetic1Sft
from genesys.curation.recipe_file import parse_recipe
from genesys.curation.rules import BestWorst
from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards.thresholds import PASS

SFT = 'name = "mine"\n[outputs.sft]\nlayout = "synthetic-1-sft"\n'
PAIRS = 'name = "mine"\n[outputs.p]\nlayout = "preference"\n'


def test_every_recipe_that_genesys_brings_loads_under_its_name() -> None:
    assert "synthetic-1" in recipe_names()
    for name in recipe_names():
        assert load_recipe(name).name == name


def test_synthetic_1_has_the_published_thresholds() -> None:
    recipe = load_recipe("synthetic-1")
    assert {key: value for key, value in recipe.thresholds.items() if key != "default"} == PASS
    assert recipe.default_threshold == 1.0
    assert [output.name for output in recipe.outputs] == ["raw", "sft", "preference"]
    rule = recipe.outputs[2].rule
    assert isinstance(rule, BestWorst)
    assert rule.rejected_below == 0.6


def test_a_copied_recipe_loads_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(load_recipe("synthetic-1").text.replace("rejected_below = 0.6", "rejected_below = 0.5"))
    rule = load_recipe(path).outputs[2].rule
    assert rule == BestWorst(rejected_below=0.5)
    assert load_recipe(str(path)) == load_recipe(path)


def test_an_unknown_recipe_is_named_with_a_suggestion() -> None:
    with pytest.raises(UnknownName, match=r"unknown recipe 'sythetic-1'\nDid you mean 'synthetic-1'\?"):
        load_recipe("sythetic-1")


def test_a_missing_file_and_what_is_no_toml_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read the recipe .*nowhere\.toml"):
        load_recipe(tmp_path / "nowhere.toml")
    path = tmp_path / "broken.toml"
    path.write_text("name = ")
    with pytest.raises(ConfigurationError, match=r"broken\.toml: not TOML: Invalid value"):
        load_recipe(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"cannot read the recipe .*broken\.toml"):
        load_recipe(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'treshold = 1\n{SFT}', r"unknown key of the recipe: 'treshold'\nDid you mean 'thresholds'"),
        (f'{SFT}step = []', r"unknown key of \[outputs\.sft\]: 'step'\nDid you mean 'steps'"),
        (f'{SFT}steps = ["scorabel"]', r"unknown step 'scorabel'\nDid you mean 'scorable'"),
        (f'{SFT}steps = [{{ step = "threshold", least = 1 }}]', r"unknown key of step 'threshold' .*'least'"),
        (SFT.replace("1-sft", "1-sfd"), r"unknown layout 'synthetic-1-sfd'\nDid you mean 'synthetic-1-sft'"),
        (f'{PAIRS}select = "best-wurst"', r"unknown rule 'best-wurst'\nDid you mean 'best-worst'"),
        (
            f'{PAIRS}select = {{ rule = "best-worst", rejected = 0.1 }}',
            r"'rejected'\nDid you mean 'rejected_below'",
        ),
    ],
)  # fmt: skip
def test_unknown_names_suggest_the_right_one(text: str, message: str) -> None:
    with pytest.raises(UnknownName, match=message):
        parse_recipe(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "mine"', "the recipe has no 'outputs'"),
        ('name = "mine"\n[outputs]', "recipe 'mine' has no outputs"),
        (SFT.replace('"mine"', "7"), "name must be text, not 7"),
        (SFT.replace("mine", "My Recipe"), "cannot be called 'My Recipe'"),
        (SFT.replace("outputs.sft", 'outputs."a/b"'), "cannot be called 'a/b'"),
        (f'{SFT}steps = "scored"', r"outputs\.sft\.steps must be a list"),
        (f'{SFT}steps = [{{}}]', "has no name"),
        (f"{SFT}[thresholds]\nverifiable_math = 2", r"verifiable_math must lie in \(0, 1\], not 2"),
        (f'{SFT}[thresholds]\nverifiable_math = "high"', "verifiable_math must lie in"),
        (f"{SFT}thresholds = 1", "unknown key"),
        (PAIRS, r"output 'p': layout 'preference' needs a rule"),
        (f'{SFT}select = "best-worst"', "one row a completion and no rule"),
        (f'{PAIRS}select = {{ rule = "best-worst", rejected_below = 0 }}', r"rejected_below must be .* not 0"),
        (f'{PAIRS}select = "best-worst"\n[thresholds]\nverifiable_code = 0.5', "verifiable_code passes from 0.5"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_recipe(text)


def test_recipes_can_be_made_in_python() -> None:
    output = Output(name="sft", layout_name="synthetic-1-sft", layout=Synthetic1Sft())
    assert Recipe(name="mine", thresholds={}, outputs=(output,)).default_threshold == 1.0
    with pytest.raises(ConfigurationError, match="two outputs of one name"):
        Recipe(name="mine", thresholds={}, outputs=(output, output))
