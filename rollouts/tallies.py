"""When a problem has enough samples: rejection sampling, decided by the verdicts there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesys.errors import ConfigurationError
from genesys.rewards.thresholds import passes
from genesys.schema import Problem

if TYPE_CHECKING:
    from genesys.rewards import Grader
    from genesys.rollouts.run_folder import RunFolder

REJECTED_BELOW = 0.6
"""The score below which a completion is the rejected one of a preference pair (SYNTHETIC-1)."""


@dataclass(slots=True)
class Tally:
    """The verdicts on one problem's completions.

    Attributes:
        right: Those that pass the task type's threshold.
        wrong: Those that score low enough to be rejected in a preference pair.
    """

    right: int = 0
    wrong: int = 0

    def add(self, problem: Problem, score: float | None) -> None:
        """Counts one verdict; an unscorable one counts for nothing."""
        if score is None:
            return
        self.right += passes(problem.task_type, score)
        self.wrong += score < REJECTED_BELOW


@dataclass(frozen=True, kw_only=True)
class StoppingRule:
    """Stops a problem before its n samples.

    Each round asks for no more samples than are needed at the very least, and for those of the lowest
    missing indices. So what a problem ends with is its shortest beginning that has enough, whatever was
    interrupted in between: with a reproducible sampler, always the same samples.

    Attributes:
        right: Verified right completions that are enough.
        wrong: Wrong ones that are wanted beside these.
    """

    right: int = 1
    wrong: int = 0

    def __post_init__(self) -> None:
        if self.right < 1:
            raise ConfigurationError(f"--until-correct must be at least 1, not {self.right}")

    def wanted(self, tally: Tally) -> int:
        """The fewest samples that could be enough; 0 where there are enough."""
        return max(0, self.right - tally.right) + max(0, self.wrong - tally.wrong)


def stopping_rule(until_correct: int | None, until_pair: bool) -> StoppingRule | None:
    """The rule of `--until-correct` and `--until-pair`; None where neither is given."""
    if until_correct is None and not until_pair:
        return None
    right = 1 if until_correct is None else until_correct
    return StoppingRule(right=right, wrong=1 if until_pair else 0)


def tallies_of(run: RunFolder, grader: Grader) -> dict[str, Tally]:
    """The verdicts of a run, by problem, each problem's by the verifier that serves it now."""
    problems = run.reader.problems()
    specs = {name: grader.spec_for(problem) for name, problem in problems.items()}
    tallies = {name: Tally() for name in problems}
    for key in {spec.key for spec in specs.values() if spec is not None}:
        scores = {  # of several verdicts on one response, the last one counts
            row["response_id"]: (row["problem_id"], row["score"])
            for batch in run.reader.batches("scores", ["response_id", "problem_id", "score"], key)
            for row in batch.to_pylist()
        }
        for name, score in scores.values():
            spec = specs.get(name)
            if spec is not None and spec.key == key:
                tallies[name].add(problems[name], score)
    return tallies
