r"""The reward of online training: the verifiers of the datasets, as one function for TRL.

from genesys.training import reward

GRPOTrainer(..., reward_funcs=reward())                                            # our datasets
GRPOTrainer(..., reward_funcs=reward(task_type="verifiable_math", gold="solution"))  # anybody's
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from genesys.errors import ConfigurationError, MalformedRow
from genesys.rewards import Verifier, VerifierSpec
from genesys.rewards.registry import ANY, verifier_table
from genesys.schema import Problem, canonical_task_type
from genesys.training.batch_grading import BatchGrader, Pair, is_in_process
from genesys.training.completion_text import text_of_completion
from genesys.training.reward_columns import ProblemColumns, check_answer_format
from genesys.training.reward_watch import Outcome, Watch

LEFT_OPEN = frozenset({"needs_judge", "judge_ambiguous", "judge_disagreement"})
"""Causes of answers that nobody could decide. Were they None, a policy would learn to be undecidable."""


@dataclass(frozen=True, kw_only=True)
class VerifiedReward:
    r"""A batch of completions -> their scores; made by `reward`, called by trainers.

    Attributes:
        name: Its name in the trainer's log.
        columns: Where the problems stand.
        verifiers: (task type or "*", verifier) for what gets no default verifier.
        opened: What the rendered prompts end with, such as "<think>\n", or None to look at the prompts.
        needs_judge: What counts where only a judge could decide, or judges could not (`LEFT_OPEN`).
        batch_seconds: Most wall seconds for a batch.
        alarm_share: From which share of unscorable completions on a warning is logged.
    """

    name: str = "correctness"
    columns: ProblemColumns = field(default_factory=ProblemColumns)
    verifiers: tuple[tuple[str, VerifierSpec], ...] = ()
    opened: str | None = None
    needs_judge: float | None = 0.0
    batch_seconds: float = 900.0
    alarm_share: float = 0.1
    _grader: BatchGrader = field(init=False, repr=False, compare=False)
    _watch: Watch = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_grader", BatchGrader(dict(self.verifiers), self.batch_seconds))
        object.__setattr__(self, "_watch", Watch(self.name, self.alarm_share))

    @property
    def __name__(self) -> str:
        """What TRL logs it under."""
        return self.name

    @property
    def range(self) -> tuple[float, float]:
        """The least and the most it gives."""
        return 0.0, 1.0

    def spec_for(self, problem: Problem) -> VerifierSpec | None:
        """The verifier of a problem, or None where there is none."""
        return self._grader.spec_for(problem)

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any
    ) -> list[float | None]:
        """Verifies a batch, as TRL calls a reward function.

        Args:
            prompts: Plain or conversational prompts.
            completions: Their completions.
            columns: The dataset's other columns, and what the trainer adds.

        Returns:
            A score in [0, 1] for each completion, or None where it is unscorable.

        Raises:
            ConfigurationError: If a column is missing, no row holds a problem, or the verifier cannot run
                here at all. No completion, whatever it is, raises.
        """
        began = time.perf_counter()
        outcomes = self.outcomes(prompts, completions, columns)
        self._watch.report(outcomes, time.perf_counter() - began, columns)
        return [outcome.score for outcome in outcomes]

    def outcomes(
        self, prompts: Sequence[Any], completions: Sequence[Any], columns: Mapping[str, Any]
    ) -> list[Outcome]:
        """What `__call__` returns, with causes and seconds."""
        cells = self.columns.cells({"prompts": prompts, **columns}, len(completions))
        deceivable: dict[str, bool] = {}  # by digest: a group shares its problem, whose tests may be large
        rows = [self._row(*row, deceivable) for row in zip(cells, prompts, completions, strict=True)]
        self._check_any_problem(rows, cells)
        if self.opened is None:
            self._watch.look_at_tags(row[1] for row in rows if isinstance(row, tuple))
        graded = self._grader.outcomes([row if isinstance(row, tuple) else None for row in rows])
        return [
            self._judged(outcome) if outcome is not None else Outcome(None, str(row))
            for row, outcome in zip(rows, graded, strict=True)
        ]

    def _row(
        self, cell: object, prompt: object, completion: object, deceivable: dict[str, bool]
    ) -> Pair | str:
        """A problem and a text, or the word for why there is none."""
        try:
            problem = self.columns.problem(cell, prompt)
        except MalformedRow:
            return "malformed_problem"
        text = text_of_completion(completion, prompt, self.opened)
        if text is None:
            return "odd_completion"
        if problem.digest not in deceivable:
            deceivable[problem.digest] = is_in_process(problem)
        return "in_process" if deceivable[problem.digest] else (problem, text)

    def _check_any_problem(self, rows: Sequence[Pair | str], cells: Sequence[Any]) -> None:
        if not rows or any(row != "malformed_problem" for row in rows):
            return
        raise ConfigurationError(
            f"no row of column {self.columns.column!r} holds what the reward reads: {cells[0]!r:.120}",
            "A `problem` column of ours holds Problem.to_row() as JSON (prompt_dataset makes it). For rows of "
            'your own name their golds: reward(task_type="verifiable_math", gold="solution").',
        )

    def _judged(self, outcome: Outcome) -> Outcome:
        return outcome._replace(score=self.needs_judge) if outcome.cause in LEFT_OPEN else outcome


def reward(
    *,
    task_type: str | None = None,
    gold: str | None = None,
    verifier: str | Verifier | VerifierSpec | None = None,
    answer_format: str | None = None,
    opened: str | None = None,
    needs_judge: float | None = 0.0,
    batch_seconds: float = 900.0,
    alarm_share: float = 0.1,
    name: str = "correctness",
) -> VerifiedReward:
    r"""The reward function for TRL's trainers: sync, picklable, concurrent inside.

    Args:
        task_type: For rows of your own: their task type, such as "verifiable_math". Without it, the
            dataset has a `problem` column (`genesys.training.prompt_dataset`).
        gold: For rows of your own: the column that holds the gold.
        verifier: Which verifier instead of the task type's default: a name such as "math" or "math@1",
            a verifier, or its specification.
        answer_format: Where the answer stands (`genesys.rewards.answers`), where that is not the default.
        opened: What the chat template opens for the model, such as "<think>\n" (`opened_by(tokenizer)`).
            None looks at plain prompts and at an assistant's prefilled turn.
        needs_judge: What counts where only a judge could decide, or judges could not: `needs_judge`,
            `judge_ambiguous`, `judge_disagreement`. None leaves it unscorable.
        batch_seconds: Most wall seconds for a batch; what is not verified by then is unscorable.
        alarm_share: From which share of unscorable completions on a warning is logged.
        name: Its name in the trainer's log.

    Raises:
        ConfigurationError: If the arguments do not fit together, or name what no registry holds.
    """
    if needs_judge is not None and not 0 <= needs_judge <= 1:
        raise ConfigurationError(f"needs_judge must lie in [0, 1] or be None, not {needs_judge!r}")
    return VerifiedReward(
        name=name,
        columns=ProblemColumns(task_type=task_type, gold=gold),
        verifiers=_verifiers(task_type, verifier, answer_format),
        opened=opened,
        needs_judge=needs_judge,
        batch_seconds=batch_seconds,
        alarm_share=alarm_share,
    )


def _verifiers(
    task_type: str | None, verifier: str | Verifier | VerifierSpec | None, answer_format: str | None
) -> tuple[tuple[str, VerifierSpec], ...]:
    check_answer_format(answer_format)
    params = None if answer_format is None else {"answer_format": answer_format}
    if verifier is None or isinstance(verifier, str):
        table = verifier_table(verifier, params)
        if task_type is not None and verifier is not None:  # asked for by name, whatever the task type
            own = canonical_task_type(task_type)
            table = {own: table.get(own) or next(iter(table.values()))}
        return tuple(sorted(table.items()))
    if params is not None:
        raise ConfigurationError(
            "answer_format goes with a verifier's name, not with a verifier object",
            "Make the verifier with it.",
        )
    return ((ANY, verifier if isinstance(verifier, VerifierSpec) else VerifierSpec.of(verifier)),)
