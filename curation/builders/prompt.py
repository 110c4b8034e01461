"""Prompts of builders: versioned text files, so that a card can say which wording made a dataset.

A file `prompts/<name>@<version>.md` is what the user's turn says, with `{{field}}` where a field of the
candidate goes. A wording that changes is a new version and a new file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from genesys.errors import ConfigurationError
from genesys.schema import digest_of

_FIELD = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A wording.

    Attributes:
        key: `"name@version"`.
        text: The wording, with its fields.
    """

    key: str
    text: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it names, each once."""
        return tuple(dict.fromkeys(_FIELD.findall(self.text)))

    @property
    def digest(self) -> str:
        """Digest of the wording: what a build's resumption depends on."""
        return digest_of(self.key, self.text, bits=64)

    def render(self, values: Mapping[str, str]) -> str:
        """The wording with its fields filled in, in one pass: a value is never read as a field.

        Raises:
            ConfigurationError: If a field has no value.
        """
        missing = [name for name in self.fields if name not in values]
        if missing:
            raise ConfigurationError(f"prompt {self.key} needs {', '.join(missing)}")
        return _FIELD.sub(lambda found: values[found.group(1)], self.text)


def load_prompt(key: str) -> Prompt:
    """The prompt `"name@version"` that genesys brings.

    Raises:
        ConfigurationError: If there is none.
    """
    file = files("genesys.curation.builders").joinpath("prompts", f"{key}.md")
    if not file.is_file():
        raise ConfigurationError(f"there is no prompt {key!r}")
    return Prompt(key=key, text=file.read_text("utf-8").strip())
