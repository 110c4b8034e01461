"""What became of one completion, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Said = Literal["kept", "dropped", "not reached", "selected", "unknown"]


@dataclass(frozen=True, kw_only=True)
class StepSaid:
    """What one step, or the rule after the steps, said of a completion.

    Attributes:
        name: Of the step; `select:<rule>` of a rule.
        settings: Its settings.
        said: "kept" or "dropped"; "selected" by a rule; "not reached" where an earlier step dropped it;
            "unknown" where nobody can tell any more.
        reason: Why it was dropped, or as what it was selected.
        detail: What the step saw.
    """

    name: str
    settings: Mapping[str, Any]
    said: Said
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a completion stands in a dataset.

    Attributes:
        file: Relative to the dataset's folder.
        row: Number within the file, from 0.
        role: "row", "chosen", "rejected", or "generation 2".
    """

    file: str
    row: int
    role: str


@dataclass(frozen=True, kw_only=True)
class OutputStory:
    """What became of a completion in one output.

    Attributes:
        output: Name of the output.
        steps: In the order in which they judge.
        spots: Where it stands in the output's files; empty where it does not, or where there is no dataset.
    """

    output: str
    steps: tuple[StepSaid, ...]
    spots: tuple[Spot, ...] = ()

    @property
    def verdict(self) -> str:
        """In a few words: "kept", "chosen", "below_threshold", "unknown"."""
        for step in self.steps:
            if step.said in ("dropped", "unknown"):
                return step.reason or step.said
        last = self.steps[-1] if self.steps else None
        return last.reason if last is not None and last.said == "selected" and last.reason else "kept"


@dataclass(frozen=True, kw_only=True)
class ScoreSaid:
    """What one verifier said of a completion.

    Attributes:
        verifier: Its key.
        score: Its score, or None.
        cause: Its cause, or None.
        info: Its details.
        counts: Whether this is the verifier whose scores count.
    """

    verifier: str
    score: float | None
    cause: str | None
    info: Mapping[str, Any]
    counts: bool


@dataclass(frozen=True, kw_only=True)
class ResponseStory:
    """All that is known of one completion.

    Attributes:
        response_id: Its id.
        problem_id: What it answers.
        facts: How it was made: model, sampling, tokens, finish reason; empty where no run is at hand.
        scores: What each verifier said.
        outputs: What became of it in each output.
    """

    response_id: str
    problem_id: str
    facts: Mapping[str, Any]
    scores: tuple[ScoreSaid, ...]
    outputs: tuple[OutputStory, ...]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The stories of a response, or of all responses of a problem.

    Attributes:
        asked: "response" or "problem".
        name: The id that was meant.
        problem: The problem: source, task type, prompt, gold; empty where no run is at hand.
        responses: The stories, by sample_index.
        how: How the steps' words are known: "recomputed from …", "from rejected/ of …".
        notes: What to know beside.
    """

    asked: str
    name: str
    problem: Mapping[str, Any]
    responses: tuple[ResponseStory, ...]
    how: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON types."""
        return asdict(self)
