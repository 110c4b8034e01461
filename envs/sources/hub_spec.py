"""How a dataset on the Hugging Face hub is written: `hf:org/name[@revision][:config][:split]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from genesys.errors import ConfigurationError

PREFIX = "hf:"
_FORM = re.compile(
    r"hf:(?P<name>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?(?P<parts>(?::[\w.+-]+){0,2})", re.ASCII
)


@dataclass(frozen=True, kw_only=True)
class HubSpec:
    """Which rows of the hub are meant.

    Attributes:
        name: The dataset, `"org/name"`.
        revision: Branch, tag or commit; None is the main branch.
        parts: Config and split, where given; one alone may be either.
    """

    name: str
    revision: str | None = None
    parts: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> HubSpec:
        """Reads the written form.

        Raises:
            ConfigurationError: If the text has another form.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ConfigurationError(
                f"{text!r:.200} names no dataset on the hub",
                "Write it as hf:org/name, with @revision, :config and :split where needed, such as "
                "hf:PrimeIntellect/verifiable-math-problems@main:default:train.",
            )
        parts = tuple(part for part in found["parts"].split(":") if part)
        return cls(name=found["name"], revision=found["revision"], parts=parts)
