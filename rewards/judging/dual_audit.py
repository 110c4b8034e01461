"""What a second opinion changes, measured on labelled cases: how much is asked, and what error is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from genesys.rewards.math_audit import LabelledCase, Rate, Tally
from genesys.schema import Verdict


@dataclass
class DualAudit:
    """Counts of `dual-math` over labelled cases, those whose label is a convention (`policy`) left aside.

    Attributes:
        cases: Cases.
        sent: Of these, sent to the judge because the symbolic verifier was uncertain.
        by_math: The certain ones.
        by_judge: The ones that were sent.
        both: All, as they were scored in the end.
        checked: Certain ones that the judge was asked about as well.
        agreed: Of these, those that it confirmed.
    """

    cases: int = 0
    sent: int = 0
    by_math: Tally = field(default_factory=Tally)
    by_judge: Tally = field(default_factory=Tally)
    both: Tally = field(default_factory=Tally)
    checked: int = 0
    agreed: int = 0

    def add(self, case: LabelledCase, verdict: Verdict) -> None:
        """Counts one verdict; those of other verifiers are left aside."""
        decided_by = verdict.info.get("decided_by")
        if decided_by is None or case.policy:
            return
        self.cases += 1
        self.sent += decided_by == "judge"
        (self.by_judge if decided_by == "judge" else self.by_math).add(case, verdict)
        self.both.add(case, verdict)
        if "agrees" in verdict.info:
            self.checked += 1
            self.agreed += bool(verdict.info["agrees"])

    @property
    def sent_rate(self) -> Rate:
        """The share that was sent to the judge."""
        return Rate(self.sent, self.cases)

    @property
    def error_left(self) -> Rate:
        """Wrong scores of all scores: right answers rejected and wrong ones accepted."""
        return Rate(self.both.rejected + self.both.accepted, self.both.total - self.both.uncertain)

    @property
    def agreement(self) -> Rate:
        """Certain verdicts that the judge confirmed, of those it was asked about."""
        return Rate(self.agreed, self.checked)

    def to_json(self) -> dict[str, Any]:
        """Counts, shares and 95 % Wilson intervals."""
        rates = {"sent": self.sent_rate, "error_left": self.error_left, "agreement": self.agreement}
        return {"cases": self.cases, "without_score": self.both.uncertain} | {
            name: {
                "count": rate.count,
                "of": rate.total,
                "share": rate.share,
                "interval": list(rate.interval),
            }
            for name, rate in rates.items()
        }
