"""What a reward tells of itself: metrics for the trainer's log, and an alarm."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from genesys.causes import CAUSES
from genesys.schema.text import CLOSE, OPEN

logger = logging.getLogger(__name__)

WITHHELD = {
    "in_process": "The tests run in one process with the answer, which could deceive them: such problems "
    "do not train. `prompt_dataset` leaves them out.",
    "batch_timeout": "The batch took longer than batch_seconds; what was not verified by then has no reward.",
    "malformed_problem": "The row holds no problem that can be read.",
    "odd_completion": "The trainer handed over something that is neither a text nor messages.",
}
"""Why a reward withholds a score beyond what verdicts say (`genesys.causes`), and what to do about it."""

WINDOW = 512
LEAST = 32


class Outcome(NamedTuple):
    """What the reward says of one completion.

    Attributes:
        score: The reward; None is unscorable.
        cause: Why it is below 1 or missing: a verdict's cause, or one of `WITHHELD`.
        seconds: What verifying took.
    """

    score: float | None
    cause: str | None = None
    seconds: float = 0.0


class Watch:
    """Follows the outcomes of one reward in one process; a pickled one starts afresh.

    It takes no lock: rewards are called from several threads and forked processes, and a lost row of a
    statistic is better than a lock that a fork has left closed.

    Args:
        name: The reward's name, before each metric's.
        alarm_share: From which share of unscorable completions on it warns.
    """

    def __init__(self, name: str, alarm_share: float) -> None:
        self._name, self._alarm_share = name, alarm_share
        self._recent: tuple[str | None, ...] = ()
        self._warned = 0.0
        self._causes_seen: frozenset[str] = frozenset()
        self._told_of_tags = False

    def __reduce__(self) -> tuple[type[Watch], tuple[str, float]]:
        return Watch, (self._name, self._alarm_share)

    def report(self, outcomes: Sequence[Outcome], batch_seconds: float, columns: Mapping[str, Any]) -> None:
        """Takes in a batch: warns where it must, and logs where the trainer offers to."""
        self._look_at_share(outcomes)
        log_metric, log_extra = columns.get("log_metric"), columns.get("log_extra")
        if callable(log_metric):
            for metric, value in self._metrics(outcomes, batch_seconds).items():
                log_metric(f"{self._name}/{metric}", value)
        if callable(log_extra):
            log_extra(f"{self._name}_cause", [outcome.cause or "" for outcome in outcomes])

    def look_at_tags(self, texts: Iterable[str]) -> None:
        """Warns once where reasoning is closed that was never opened: the chat template opened it."""
        if self._told_of_tags or not any(CLOSE in text and OPEN not in text for text in texts):
            return
        self._told_of_tags = True
        logger.warning(
            "%s: completions close %s without opening it. If the chat template opens it, say so, or an answer "
            "inside unfinished reasoning counts: reward(opened=opened_by(tokenizer))",
            self._name,
            OPEN,
        )

    def _metrics(self, outcomes: Sequence[Outcome], batch_seconds: float) -> dict[str, float]:
        if not outcomes:
            return {}
        causes = Counter(outcome.cause for outcome in outcomes if outcome.cause)
        self._causes_seen |= frozenset(causes)  # a cause once seen is logged as 0 too, or its mean would lie
        unscorable = sum(outcome.score is None for outcome in outcomes)
        seconds = [outcome.seconds for outcome in outcomes]
        return {
            "unscorable": unscorable / len(outcomes),
            "seconds_p50": median(seconds),
            "seconds_max": max(seconds),
            "batch_seconds": batch_seconds,
            **{f"cause/{cause}": causes[cause] / len(outcomes) for cause in sorted(self._causes_seen)},
        }

    def _look_at_share(self, outcomes: Sequence[Outcome]) -> None:
        now = tuple(outcome.cause if outcome.score is None else None for outcome in outcomes)
        recent = self._recent = (*self._recent, *now)[-WINDOW:]
        unscorable = Counter(cause for cause in recent if cause is not None)
        share = unscorable.total() / max(1, len(recent))
        if share < self._alarm_share / 2:
            self._warned = 0.0
        if len(recent) >= LEAST and share >= max(self._alarm_share, 1.5 * self._warned):
            self._warned = share
            _warn(self._name, share, unscorable, len(recent))


def _warn(name: str, share: float, causes: Counter[str], count: int) -> None:
    lines = [f"  {cause}: {number}. {_remedy(cause)}" for cause, number in causes.most_common(4)]
    logger.warning(
        "%s: %.0f %% of the last %d completions are unscorable and train nothing:\n%s",
        name,
        100 * share,
        count,
        "\n".join(lines),
    )


def _remedy(cause: str) -> str:
    return WITHHELD[cause] if cause in WITHHELD else CAUSES[cause].remedy
