"""Reading recipes: the ones that genesys brings by name, a user's own by path."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from genesys.curation.layouts import LAYOUTS
from genesys.curation.recipe import Output, Recipe
from genesys.curation.rules import RULES
from genesys.curation.steps import STEPS
from genesys.errors import ConfigurationError, GenesysError, UnknownName
from genesys.registry import Registry

_RECIPE_KEYS = ("name", "summary", "thresholds", "verifiers", "judges", "configs", "licences", "outputs")
_OUTPUT_KEYS = ("layout", "steps", "select")


def recipe_names() -> list[str]:
    """The recipes that genesys brings."""
    entries = files("genesys.curation").joinpath("recipes").iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))


def load_recipe(recipe: str | Path) -> Recipe:
    """Reads a recipe.

    Args:
        recipe: The name of one that genesys brings, or the path of a TOML file. What ends in ".toml" or
            holds a slash is a path.

    Raises:
        UnknownName: If there is no recipe of that name, or the file has a key that no recipe has.
        ConfigurationError: If the file cannot be read, or holds what makes no sense.
    """
    if isinstance(recipe, str) and not recipe.endswith(".toml") and "/" not in recipe:
        names = recipe_names()
        if recipe not in names:
            raise UnknownName.of("recipe", recipe, names)
        return parse_recipe(
            files("genesys.curation").joinpath("recipes", f"{recipe}.toml").read_text("utf-8")
        )
    path = Path(recipe)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the recipe {path}: {error}") from None
    try:
        return parse_recipe(text)
    except GenesysError as error:
        raise type(error)(f"recipe {path}: {error.fault}", error.remedy) from None


def parse_recipe(text: str) -> Recipe:
    """Reads a recipe from its TOML.

    Raises:
        UnknownName: If it has a key, step, rule or layout that does not exist.
        ConfigurationError: If it is no TOML, or a value makes no sense.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"not TOML: {error}") from None
    _check_keys("the recipe", table, _RECIPE_KEYS, required=("name", "outputs"))
    outputs = _table(table["outputs"], "outputs")
    return Recipe(
        name=_text(table["name"], "name"),
        summary=_text(table.get("summary", ""), "summary"),
        thresholds=_table(table.get("thresholds", {}), "thresholds"),
        verifiers=_text_table(table, "verifiers"),
        judges=_texts(table.get("judges", []), "judges"),
        configs={
            name: _texts(members, f"configs.{name}")
            for name, members in _table(table.get("configs", {}), "configs").items()
        },
        licences=_text_table(table, "licences"),
        outputs=tuple(_output(name, value) for name, value in outputs.items()),
        text=text,
    )


def _output(name: str, value: object) -> Output:
    where = f"outputs.{name}"
    table = _table(value, where)
    _check_keys(f"[{where}]", table, _OUTPUT_KEYS, required=("layout",))
    layout = _text(table["layout"], f"{where}.layout")
    steps = table.get("steps", [])
    if not isinstance(steps, list):
        raise ConfigurationError(f"{where}.steps must be a list, not {steps!r}")
    rule_name, rule = _piece(RULES, "rule", table["select"], where) if "select" in table else ("rule", None)
    return Output(
        name=name,
        layout_name=layout,
        layout=LAYOUTS.load(layout)(),
        steps=tuple(_piece(STEPS, "step", entry, where) for entry in steps),
        rule=rule,
        rule_name=rule_name,
    )


def _piece(registry: Registry, noun: str, entry: object, where: str) -> tuple[str, Any]:
    """A step or rule from its name, or from a table of its name and its settings."""
    settings = {noun: entry} if isinstance(entry, str) else dict(_table(entry, f"a {noun} of {where}"))
    if noun not in settings:
        raise ConfigurationError(f"a {noun} of {where} has no name: {settings!r}", f'Add {noun} = "…".')
    name = _text(settings.pop(noun), f"a {noun} of {where}")
    made = registry.load(name)
    _check_keys(f"{noun} {name!r} of {where}", settings, [field.name for field in fields(made)])
    try:
        return name, made(**settings)
    except TypeError as error:
        raise ConfigurationError(f"{noun} {name!r} of {where} does not take {settings}: {error}") from None


def _check_keys(
    where: str, table: Mapping[str, Any], known: Iterable[str], required: Iterable[str] = ()
) -> None:
    known = list(known)
    for key in table:
        if key not in known:
            raise UnknownName.of(f"key of {where}:", key, known)
    for key in required:
        if key not in table:
            raise ConfigurationError(
                f"{where} has no {key!r}", f"A recipe needs it; known: {', '.join(known)}."
            )


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{where} must be a table, not {value!r}")
    return value


def _text_table(table: Mapping[str, Any], name: str) -> dict[str, str]:
    return {key: _text(value, f"{name}.{key}") for key, value in _table(table.get(name, {}), name).items()}


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{where} must be a list, not {value!r}")
    return tuple(_text(entry, where) for entry in value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{where} must be text, not {value!r}")
    return value
