"""What a build did, for people, for programs and for the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genesys.curation.builders.stage_files import StageReport
from genesys.schema import Problem


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """What a build did.

    Attributes:
        builder: `"name@version"`.
        task_type: Of its problems.
        out: The dataset's folder, or None for a dry run.
        stages: What each stage did, in order; the first is "read".
        problems: Problems made.
        sources: Source -> problems.
        verifier: Key of the verifier that audited the golds.
        model: Who answered the LLM steps, or None.
        prompts: Keys of the wordings that were used.
        licences: Source -> licence and attribution.
        spread: Metadata key -> value -> problems, for keys of few values: the difficulty, the language.
        shown: The first prompts of each LLM step of a dry run.
    """

    builder: str
    task_type: str
    out: Path | None
    stages: Sequence[StageReport]
    problems: int
    sources: Mapping[str, int]
    verifier: str | None
    model: str | None
    prompts: Sequence[str]
    licences: Mapping[str, str]
    spread: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    shown: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """One JSON object, without paths but the folder's."""
        return {
            "builder": self.builder,
            "task_type": self.task_type,
            "out": None if self.out is None else str(self.out),
            "stages": [stage.to_json() for stage in self.stages],
            "problems": self.problems,
            "sources": dict(self.sources),
            "verifier": self.verifier,
            "model": self.model,
            "prompts": list(self.prompts),
            "licences": dict(self.licences),
            "spread": {key: dict(values) for key, values in self.spread.items()},
        }


_FEW, _REPEATS = 16, 3


class Spread:
    """Counts of metadata values while problems go by; keys with many values are forgotten."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._many: set[str] = set()
        self.sources: Counter[str] = Counter()

    def add(self, problem: Problem) -> None:
        """Counts one problem."""
        self.sources[problem.source] += 1
        for key, value in problem.metadata.items():
            if key in self._many or not isinstance(value, str | int | bool) or len(str(value)) > 40:
                continue
            counts = self._counts.setdefault(key, Counter())
            counts[str(value)] += 1
            if len(counts) > _FEW:
                self._many.add(key)
                del self._counts[key]

    def counts(self) -> dict[str, dict[str, int]]:
        """Key -> value -> problems, for keys whose values repeat enough to say something."""
        telling = {
            key: values for key, values in self._counts.items() if len(values) * _REPEATS <= values.total()
        }
        return {key: dict(sorted(values.items())) for key, values in sorted(telling.items())}
