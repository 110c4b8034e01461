"""What an audit of a judge measured, and the figures that are made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from genesys.rewards.judge_agreement import Confusion, Estimate, correlation, length_correlation, mean
from genesys.rewards.judging.injection_corpus import injection_corpus
from genesys.rewards.math_audit import Rate
from genesys.rewards.thresholds import passes
from genesys.schema import Problem, Verdict


@dataclass(frozen=True, kw_only=True)
class LabelledAnswer:
    """One answer whose worth is known.

    Attributes:
        answer_id: Its name.
        problem: What it answers.
        text: The completion's canonical text.
        label: Its true score, from 0 to 1.
        group: Under which agreement is counted; "" takes the problem's source.
    """

    answer_id: str
    problem: Problem
    text: str
    label: float
    group: str = ""

    @property
    def right(self) -> bool:
        """Whether the label passes its task type's threshold."""
        return passes(self.problem.task_type, self.label)


@dataclass(frozen=True, kw_only=True)
class AuditPlan:
    """How much is asked beside each answer once.

    Attributes:
        padded: Answers asked again behind filler.
        swapped: Answers asked again with candidate and reference in the other order.
        repeated: Answers asked again and again.
        replies: Replies to each of these.
        injected: Wrong answers into which every attempt of the corpus is put.
    """

    padded: int = 100
    swapped: int = 100
    repeated: int = 50
    replies: int = 4
    injected: int = 3


@dataclass(frozen=True)
class Attack:
    """What became of one attempt in one wrong answer.

    Attributes:
        name: The attempt; "" for the control, filler instead of an attempt.
        category: Its kind.
        before: The score without it.
        after: The score with it, or None.
        passed: Whether the wrong answer passes with it.
        flagged: Whether the verdict's flags tell of it.
    """

    name: str
    category: str
    before: float
    after: float | None
    passed: bool
    flagged: bool


@dataclass(kw_only=True)
class JudgeAudit:
    """What was measured.

    Attributes:
        answers: All answers.
        verdicts: The judge's verdict on each, in their order.
        confusion: Labels against verdicts, where there is a score.
        causes: Cause -> answers without a score.
        lengths: Characters that the judge was shown of each answer; 0 where it was shown nothing.
        padded: (score, score behind filler) of the sample.
        swapped: (score, score in the other order) of the sample; None where the judge gave none.
        repeated: The scores of each answer of the sample.
        attacks: What became of the attempts.
    """

    answers: Sequence[LabelledAnswer]
    verdicts: list[Verdict] = field(default_factory=list)
    confusion: Confusion = field(default_factory=Confusion)
    causes: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    padded: list[tuple[float, float]] = field(default_factory=list)
    swapped: list[tuple[float | None, float | None]] = field(default_factory=list)
    repeated: list[list[float]] = field(default_factory=list)
    attacks: list[Attack] = field(default_factory=list)

    @property
    def scored(self) -> list[int]:
        """The places of the answers that have a score."""
        return [place for place, verdict in enumerate(self.verdicts) if verdict.score is not None]

    @property
    def unparseable(self) -> Rate:
        """Answers that the judge did not score in a form that can be read, of all."""
        return Rate(self.causes["judge_unparseable"], len(self.verdicts))

    @property
    def agreement(self) -> Rate:
        """Answers that label and judge both pass or both fail, of those with a score."""
        return Rate(self.confusion.agreed, self.confusion.total)

    @property
    def graded(self) -> tuple[Estimate, Estimate] | None:
        """Mean distance of score and label, and their rank correlation; None where labels are only 0 and 1."""
        labels = [self.answers[place].label for place in self.scored]
        if set(labels) <= {0.0, 1.0}:
            return None
        scores = [self.verdicts[place].score or 0.0 for place in self.scored]
        distances = [abs(label - score) for label, score in zip(labels, scores, strict=True)]
        return mean(distances), correlation(labels, scores)

    @property
    def length(self) -> Estimate:
        """Rank correlation of score with length, at equal label, over the answers that the judge was shown."""
        places = [place for place in self.scored if "model" in self.verdicts[place].info]
        return length_correlation(
            [self.answers[place].right for place in places],
            [self.lengths[place] for place in places],
            [self.verdicts[place].score or 0.0 for place in places],
        )

    @property
    def padding(self) -> Estimate:
        """Mean change of the score by filler in front of the answer."""
        return mean([after - before for before, after in self.padded])

    @property
    def position(self) -> tuple[Estimate, Rate]:
        """Mean change of the score where the candidate stands first, and how often it changes at all."""
        known = [(one, other) for one, other in self.swapped if one is not None and other is not None]
        changed = sum(one != other for one, other in known)
        return mean([other - one for one, other in known]), Rate(changed, len(known))

    @property
    def consistency(self) -> tuple[Rate, Estimate]:
        """Answers whose replies all give one score, and the mean range of scores between replies."""
        same = sum(len(set(scores)) == 1 for scores in self.repeated)
        return Rate(same, len(self.repeated)), mean([max(one) - min(one) for one in self.repeated])

    def success(self, attacks: Sequence[Attack]) -> Mapping[str, Any]:
        """How often attempts made wrong answers pass, what they gained, and how many were flagged."""
        gains = [attack.after - attack.before for attack in attacks if attack.after is not None]
        return {
            "passed": rate_json(Rate(sum(attack.passed for attack in attacks), len(attacks))),
            "mean_gain": round(fmean(gains), 4) if gains else None,
            "without_score": sum(attack.after is None for attack in attacks),
            "flagged": sum(attack.flagged for attack in attacks),
        }

    def to_json(self) -> dict[str, Any]:
        """All figures, as JSON types."""
        counts = self.confusion.counts
        shift, changed = self.position
        same, spread = self.consistency
        return {
            "answers": len(self.answers),
            "scored": self.confusion.total,
            "without_score": dict(self.causes.most_common()),
            "unparseable": rate_json(self.unparseable),
            "agreement": rate_json(self.agreement),
            "kappa": self.confusion.kappa().to_json(),
            "confusion": {
                "right_passed": counts[True, True],
                "right_failed": counts[True, False],
                "wrong_passed": counts[False, True],
                "wrong_failed": counts[False, False],
            },
            "graded": None
            if self.graded is None
            else {"distance": self.graded[0].to_json(), "correlation": self.graded[1].to_json()},
            "by_group": {name: rate_json(rate) for name, rate in self.by_group().items()},
            "length": {"correlation": self.length.to_json(), "filler": self.padding.to_json()},
            "position": {"shift": shift.to_json(), "changed": rate_json(changed)},
            "consistency": {"same": rate_json(same), "range": spread.to_json()},
            "injection": self._injection(),
        }

    def by_group(self) -> dict[str, Rate]:
        """Agreement by group."""
        found: dict[str, Confusion] = {}
        for place in self.scored:
            answer, score = self.answers[place], self.verdicts[place].score
            found.setdefault(answer.group or answer.problem.source, Confusion()).add(
                answer.right, passes(answer.problem.task_type, score)
            )
        return {name: Rate(found[name].agreed, found[name].total) for name in sorted(found)}

    def _injection(self) -> dict[str, Any]:
        attempts = [attack for attack in self.attacks if attack.name]
        categories = sorted({attack.category for attack in attempts})
        worst = Counter(attack.name for attack in attempts if attack.passed)
        return {
            **self.success(attempts),
            "corpus": injection_corpus().version,
            "control": self.success([attack for attack in self.attacks if not attack.name]),
            "by_category": {
                name: self.success([attack for attack in attempts if attack.category == name])
                for name in categories
            },
            "attempts_that_passed": dict(worst.most_common()),
        }


def rate_json(rate: Rate) -> dict[str, Any]:
    """A share with its interval; the share is None of nothing."""
    share = rate.share if rate.total else None
    return {"count": rate.count, "of": rate.total, "share": share, "interval": list(rate.interval)}
