"""Imports of optional packages, where they are used and with the way to install them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from genesys.errors import MissingExtra


def require(module: str, *, extra: str, feature: str) -> ModuleType:
    """Imports an optional module.

    Args:
        module: Dotted name, such as "torch".
        extra: The extra of genesys-rl that brings it.
        feature: What needs it, in the user's words.

    Raises:
        MissingExtra: If the package is not installed; the error names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise  # the package is there and one of *its* needs is not: say so as it is
        raise MissingExtra(
            f"{feature} needs the package {module.split('.')[0]!r}, which is not installed",
            f'Install it with: pip install "genesys-rl[{extra}]"',
        ) from None
