"""What changes where another verifier's scores count, in numbers that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from genesys.errors import DataError

OUTCOMES = ("right", "wrong", "unscorable", "unscored")
"""What a verifier can have said of a completion; unscored: nothing yet."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """Completions of one source of which both verifiers say the same two things.

    Attributes:
        task_type: Of their problems.
        source: Of their problems.
        was: Outcome under the first verifier, one of `OUTCOMES`.
        now: Outcome under the second.
        cause_was: Cause under the first, or None.
        cause_now: Cause under the second, or None.
        completions: How many.
    """

    task_type: str
    source: str
    was: str
    now: str
    cause_was: str | None
    cause_now: str | None
    completions: int

    @property
    def flips(self) -> bool:
        """Whether both have a verdict, and another one."""
        return self.was != self.now and "unscored" not in (self.was, self.now)


@dataclass(frozen=True, kw_only=True)
class SetChange:
    """What becomes of one output of the recipe.

    Attributes:
        output: Its name.
        before: Rows under the first verifier: those that stayed and those that left.
        after: Rows under the second: those that stayed and those that entered.
        stayed: Rows of both.
        rescored: Of these, how many carry another score or cause.
        entered: Response ids of each row that is new: one, a pair, or a group.
        left: Response ids of each row that is gone.
        entered_why: Why rows that entered were not there before -> how many.
        left_why: Why rows that left are not there any more -> how many.
    """

    output: str
    before: int
    after: int
    stayed: int
    rescored: int
    entered: tuple[tuple[str, ...], ...]
    left: tuple[tuple[str, ...], ...]
    entered_why: Mapping[str, int]
    left_why: Mapping[str, int]

    def __post_init__(self) -> None:
        if self.before - len(self.left) != self.stayed or self.after - len(self.entered) != self.stayed:
            raise DataError(
                f"{self.output}: {self.before} rows less {len(self.left)} and {self.after} less "
                f"{len(self.entered)} are not the {self.stayed} that stayed",
                "That is a defect of genesys: please report it.",
            )


@dataclass(frozen=True, kw_only=True)
class FlipSample:
    """One completion of which the two verifiers say different things.

    Attributes:
        response_id: Its id.
        problem_id: What it answers.
        source: Of the problem.
        task_type: Of the problem.
        was: Outcome under the first verifier.
        now: Outcome under the second.
        score_was: Score under the first, or None.
        score_now: Score under the second, or None.
        cause_was: Cause under the first, or None.
        cause_now: Cause under the second, or None.
        prompt: The problem's prompt.
        gold: Its short gold, else its gold solution, or None.
        answer_end: The last characters of the completion.
    """

    response_id: str
    problem_id: str
    source: str
    task_type: str
    was: str
    now: str
    score_was: float | None
    score_now: float | None
    cause_was: str | None
    cause_now: str | None
    prompt: str
    gold: str | None
    answer_end: str


@dataclass(frozen=True, kw_only=True)
class DiffReport:
    """What changes between two choices of verifiers.

    Attributes:
        before: Task type -> key whose scores count before.
        after: Task type -> key whose scores count after.
        recipe: Name of the recipe whose outputs were compared.
        completions: Distinct responses of the runs: the sum of all moves.
        moves: What each pair of verdicts says, and of how many.
        sets: The recipe's outputs.
        samples: Flips to look at.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    recipe: str
    completions: int
    moves: tuple[Move, ...]
    sets: tuple[SetChange, ...]
    samples: tuple[FlipSample, ...]

    @property
    def flips(self) -> int:
        """Completions of which both say something, and not the same."""
        return sum(move.completions for move in self.moves if move.flips)

    @property
    def matrix(self) -> dict[str, dict[str, int]]:
        """Outcome before -> outcome after -> completions."""
        found = {was: dict.fromkeys(OUTCOMES, 0) for was in OUTCOMES}
        for move in self.moves:
            found[move.was][move.now] += move.completions
        return found

    def scored_by(self, *, before: bool, after: bool) -> int:
        """How many completions only one of them, both, or neither has a verdict on."""
        return sum(
            move.completions
            for move in self.moves
            if (move.was != "unscored") == before and (move.now != "unscored") == after
        )

    def by_source(self) -> dict[str, Counter[str]]:
        """Source -> "right → wrong" -> flips."""
        return _tally((move.source, f"{move.was} → {move.now}", move) for move in self.moves if move.flips)

    def by_cause(self) -> dict[str, Counter[str]]:
        """Flip -> the same with causes in place of the outcomes, such as "right → no_answer" -> completions."""
        return _tally(
            (f"{move.was} → {move.now}", f"{_word(move.cause_was)} → {_word(move.cause_now)}", move)
            for move in self.moves
            if move.flips
        )

    def to_json(self) -> dict[str, Any]:
        """The report as JSON types, with what is derived from the moves."""
        return asdict(self) | {
            "flips": self.flips,
            "matrix": self.matrix,
            "flips_by_source": {name: dict(counts) for name, counts in self.by_source().items()},
            "flips_by_cause": {name: dict(counts) for name, counts in self.by_cause().items()},
            "scored_by_both": self.scored_by(before=True, after=True),
            "scored_by_first_only": self.scored_by(before=True, after=False),
            "scored_by_second_only": self.scored_by(before=False, after=True),
        }


def _tally(rows: Iterable[tuple[str, str, Move]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for name, what, move in rows:
        found.setdefault(name, Counter())[what] += move.completions
    return dict(sorted(found.items()))


def _word(cause: str | None) -> str:
    return cause or "right"
