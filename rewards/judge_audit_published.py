r"""Judgements that somebody else's judge has given, against what it should have said.

One JSON object a line, as NVIDIA's NeMo-Skills logs them:

    {"judgement": "Judgement: No\n\nReasoning: …", "expected_judgement": "Judgement: Yes"}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from genesys.errors import MalformedRow
from genesys.rewards.judge_agreement import Confusion
from genesys.rewards.judge_audit_figures import rate_json
from genesys.rewards.judging.published import read_published
from genesys.rewards.judging.replies import UnreadableReply
from genesys.rewards.math_audit import Rate


@dataclass
class PublishedAudit:
    """What a file of judgements says of its judge.

    Attributes:
        confusion: What was expected against what was said.
        unreadable: Judgements that say neither yes nor no.
    """

    confusion: Confusion = field(default_factory=Confusion)
    unreadable: int = 0

    @property
    def agreement(self) -> Rate:
        """Judgements that are as expected, of those that can be read."""
        return Rate(self.confusion.agreed, self.confusion.total)

    @property
    def unparseable(self) -> Rate:
        """Judgements that cannot be read, of all."""
        return Rate(self.unreadable, self.confusion.total + self.unreadable)

    def to_json(self) -> dict[str, Any]:
        """All figures, as JSON types."""
        return {
            "judgements": self.unparseable.total,
            "unparseable": rate_json(self.unparseable),
            "agreement": rate_json(self.agreement),
            "kappa": self.confusion.kappa().to_json(),
        }


def audit_published(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> PublishedAudit:
    """Counts the judgements of numbered rows.

    Raises:
        MalformedRow: If a row holds no texts, or what is expected cannot be read.
    """
    audit = PublishedAudit()
    for number, row in rows:
        expected = _word(row.get("expected_judgement"))
        if expected not in ("EQUIVALENT", "DIFFERENT"):
            raise MalformedRow(f"row {number}: expected_judgement is {row.get('expected_judgement')!r:.80}")
        said = _word(row.get("judgement"))
        if said in ("EQUIVALENT", "DIFFERENT"):
            audit.confusion.add(expected == "EQUIVALENT", said == "EQUIVALENT")
        else:
            audit.unreadable += 1
    return audit


def _word(reply: object) -> str | None:
    try:
        return read_published(reply).word if isinstance(reply, str) else None
    except UnreadableReply:
        return None
