"""Registries: names to objects, loaded when first asked for.

Built-in names are plain dicts of `name -> "module:attribute"`. Other packages add theirs through entry
points of the registry's group, so that installing a package is enough:

    [project.entry-points."genesys.verifiers"]
    chess = "my_package.chess:ChessVerifier"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from genesys.errors import ConfigurationError, UnknownName


def load_target(target: str) -> Any:
    """Imports what `"module:attribute"` names.

    Raises:
        ConfigurationError: If the text has another form or the attribute does not exist.
    """
    module, _, attribute = target.partition(":")
    if not module or not attribute:
        raise ConfigurationError(f"{target!r} names no object", 'Write it as "module:attribute".')
    try:
        return getattr(import_module(module), attribute)
    except AttributeError:
        raise ConfigurationError(f"module {module!r} has no attribute {attribute!r}") from None


class Registry(Mapping[str, str]):
    """Names of one kind of thing, each with its `"module:attribute"`.

    Args:
        noun: What the names are, for errors: "verifier".
        group: The entry-point group through which other packages add names.
        builtin: The names genesys brings; they win over entry points.
    """

    def __init__(self, noun: str, group: str, builtin: Mapping[str, str]) -> None:
        self.noun = noun
        self.group = group
        self._own = dict(builtin)

    @cached_property
    def _installed(self) -> dict[str, str]:
        return {point.name: point.value for point in entry_points(group=self.group)}

    def __getitem__(self, name: str) -> str:
        if name in self._own:  # without reading the metadata of all installed packages
            return self._own[name]
        if name in self._installed:
            return self._installed[name]
        raise UnknownName.of(self.noun, name, self)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._installed, **self._own})

    def __len__(self) -> int:
        return len({**self._installed, **self._own})

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._installed

    def register(self, name: str, target: str) -> None:
        """Adds a name in this process.

        Raises:
            ConfigurationError: If the name stands for something else already.
        """
        if name in self._own and self._own[name] != target:
            raise ConfigurationError(f"{self.noun} {name!r} is registered as {self._own[name]!r} already")
        self._own[name] = target

    def load(self, name: str) -> Any:
        """Imports what a name stands for."""
        return load_target(self[name])
