"""Shards: one plan harvested on several machines that know nothing of each other.

Which problems are whose follows from their ids alone, so that the shards of a run are disjoint and together
whole, whatever order or machine. A shard is no part of a run's identity: `genesys merge` makes one run of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from genesys.errors import ConfigurationError
from genesys.schema import digest_of


@dataclass(frozen=True, order=True)
class Shard:
    """One of `count` shares of a plan.

    Attributes:
        index: Which, from 1.
        count: How many there are.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise ConfigurationError(
                f"there is no shard {self.index}/{self.count}", "Shards are counted from 1: --shard 1/4."
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads "2/8".

        Raises:
            ConfigurationError: If it is not of that form.
        """
        index, _, count = text.partition("/")
        if not (index.isdecimal() and count.isdecimal()):
            raise ConfigurationError(
                f"--shard {text!r} is not of the form i/n", "The second of eight is --shard 2/8."
            )
        return cls(int(index), int(count))

    def holds(self, problem_id: str) -> bool:
        """Whether a problem belongs to this shard."""
        return int(digest_of("shard", problem_id, bits=64), 16) % self.count == self.index - 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"
