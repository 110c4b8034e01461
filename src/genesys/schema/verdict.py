"""A verdict: what a verifier says of one completion of one problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genesys.causes import cause as cause_named
from genesys.errors import VerifierError
from genesys.schema.digests import canonical_json


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A score in [0, 1], or none with a cause.

    Attributes:
        score: 1.0 is right; None is unscorable, which is not the same as wrong.
        cause: Why the score is below 1 or missing (`genesys.causes`); None for a full score.
        info: Deterministic, JSON-able, bounded details, free of paths and times.
        verifier: `"name@version"`, with `"+digest"` of its parameters where they are not the defaults;
            the grader stamps it.
        cost: What verifying took (seconds, cpu_seconds); not part of the verdict's identity.
    """

    score: float | None
    cause: str | None = None
    info: Mapping[str, Any] = field(default_factory=dict)
    verifier: str = ""
    cost: Mapping[str, float] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if self.score is None:
            if self.cause is None or cause_named(self.cause).outcome != "unscorable":
                raise VerifierError(
                    f"a verdict without a score needs an unscorable cause, not {self.cause!r}"
                )
            return
        if not 0.0 <= self.score <= 1.0:
            raise VerifierError(f"a score must lie in [0, 1], not {self.score!r}")
        if self.score == 1.0:
            if self.cause is not None:
                raise VerifierError(f"a full score has no cause, not {self.cause!r}")
        elif self.cause is None or cause_named(self.cause).outcome != "wrong":
            raise VerifierError(
                f"a score of {self.score} needs the cause of what is wrong, not {self.cause!r}"
            )

    @property
    def scorable(self) -> bool:
        """Whether there is a score."""
        return self.score is not None

    @classmethod
    def right(cls, **info: Any) -> Verdict:
        """A full score."""
        return cls(score=1.0, info=info)

    @classmethod
    def wrong(cls, cause: str, *, score: float = 0.0, **info: Any) -> Verdict:
        """A score below one, for a cause that the completion brought about."""
        return cls(score=score, cause=cause, info=info)

    @classmethod
    def unscorable(cls, cause: str, **info: Any) -> Verdict:
        """No score, for a cause that the completion did not bring about."""
        return cls(score=None, cause=cause, info=info)

    def content(self) -> bytes:
        """The bytes that must be the same at every door: all but the cost."""
        return canonical_json([self.score, self.cause, self.info, self.verifier]).encode("ascii")

    def to_row(self) -> dict[str, Any]:
        """A flat row of JSON types."""
        return {
            "score": self.score,
            "cause": self.cause,
            "info": canonical_json(self.info),
            "verifier": self.verifier,
            "cost": canonical_json(self.cost),
        }
