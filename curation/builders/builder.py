"""What a builder is: rows of a raw dump, the stages they go through, and the problem at their end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.stage import Stage
from genesys.registry import Registry
from genesys.schema import Problem

BUILDERS = Registry(
    "builder",
    "genesys.builders",
    {
        "math": "genesys.curation.builders.mathematics:MathBuilder",
        "code": "genesys.curation.builders.coding:CodeBuilder",
        "swe": "genesys.curation.builders.software:SoftwareBuilder",
        "stem": "genesys.curation.builders.stem:StemBuilder",
        "output": "genesys.curation.builders.output:OutputBuilder",
    },
)
"""Other packages add theirs through the entry-point group `genesys.builders`."""


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """What every builder is told.

    Attributes:
        llm: Whether a language model may be asked; without it, candidates that need one are dropped.
        seed: Of every random choice.
        extra: Options of this one builder, by name.
    """

    llm: bool = True
    seed: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict)


class Builder(Protocol):
    """A pipeline from a raw dump to problems. Made as `Builder(options: BuildOptions)`.

    Attributes:
        name: Its name in the registry.
        version: Moves whenever the same rows can give other problems.
        task_type: Of its problems.
        compares: Whether problems with nearly the same words are one problem; not so where all prompts share
            most of theirs, as programs and files do.
    """

    name: str
    version: str
    task_type: str
    compares: bool

    def candidates(self, sources: Sequence[Path | str], limit: int | None) -> Iterator[Outcome]:
        """The rows of the sources; a row that cannot be read is dropped, or an error names it.

        Raises:
            ConfigurationError: If a source is nothing this builder reads.
        """
        ...

    def stages(self) -> Sequence[Stage]:
        """The stages, in their order, before the checks that every builder ends with."""
        ...

    def problem(self, candidate: Candidate) -> Problem:
        """The problem that a candidate has become."""
        ...

    def licences(self) -> Mapping[str, str]:
        """Source -> licence and attribution, for the card; only what is known."""
        ...
