"""A candidate: one row of a raw dump on its way to a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One row on its way.

    Attributes:
        candidate_id: Follows from the row, not from its place in the file. The runner makes it unique: other rows
            under an id that is taken get one of their own.
        source: The dataset it comes from.
        fields: What is known of it so far, as JSON types; anything else, such as a date, becomes its text.
    """

    candidate_id: str
    source: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A field, or the default where there is none."""
        return self.fields.get(name, default)

    def having(self, **fields: Any) -> Candidate:
        """This candidate with some fields set anew."""
        return replace(self, fields={**self.fields, **fields})

    def to_json(self) -> dict[str, Any]:
        """What `from_json` rebuilds it from."""
        return {"candidate_id": self.candidate_id, "source": self.source, "fields": dict(self.fields)}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Candidate:
        """The candidate that `to_json` wrote."""
        return cls(candidate_id=row["candidate_id"], source=row["source"], fields=row["fields"])


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A candidate that goes no further.

    Attributes:
        candidate: As it was when it was dropped.
        reason: One word, or a word and a detail: "proof", "near_duplicate".
        detail: What was found, for who looks at single rows; bounded by the writer.
    """

    candidate: Candidate
    reason: str
    detail: str = ""


Outcome = Candidate | Dropped
"""What a stage makes of a candidate."""
