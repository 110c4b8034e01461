"""What the shaping rewards share: a batch in, one number a completion out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from genesys.errors import ConfigurationError
from genesys.training.completion_text import text_of_completion

Tokens = Sequence[int]


@dataclass(frozen=True, kw_only=True)
class PerCompletion(ABC):
    r"""A reward that looks at one completion at a time, and at nothing else.

    Attributes:
        opened: What the rendered prompts end with, such as "<think>\n" (`opened_by(tokenizer)`); None
            looks at plain prompts.
    """

    name: ClassVar[str]
    opened: str | None = None

    @property
    def __name__(self) -> str:
        """What TRL logs it under."""
        return self.name

    @property
    @abstractmethod
    def range(self) -> tuple[float, float]:
        """The least and the most it gives."""

    @abstractmethod
    def score(self, text: str, tokens: Tokens | None = None) -> float:
        """The reward of one completion.

        Args:
            text: Its canonical text.
            tokens: Its token ids, where they are known.
        """

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Scores a batch, as TRL calls a reward function; None where there is no completion to look at."""
        ids = columns.get("completion_ids") or [None] * len(completions)
        texts = [
            text_of_completion(completion, prompt, self.opened)
            for completion, prompt in zip(completions, prompts, strict=True)
        ]
        return [
            None if text is None else self.score(text, tokens)
            for text, tokens in zip(texts, ids, strict=True)
        ]


def length_of(tokens: Tokens | None, name: str) -> int:
    """How many tokens a completion has.

    Raises:
        ConfigurationError: If its tokens are not known.
    """
    if tokens is None:
        raise ConfigurationError(
            f"the reward {name!r} needs the completions' token ids",
            "TRL passes them as completion_ids; offline, give score(text, tokens=...).",
        )
    return len(tokens)
