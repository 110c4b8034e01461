"""Which request it is that ends the samplers it is given to."""

from __future__ import annotations

from dataclasses import dataclass, field

from genesys.rollouts.cluster.live_actor import LiveActor

SUSPECT_AFTER = 3
"""Samplers that a request has lost before it is a suspect."""


@dataclass
class Losses:
    """Counts the samplers that requests have lost, until one of them is found guilty.

    A sampler that is lost takes many requests with it, and any may be the cause. One that was in so many is a
    suspect: it goes on alone among suspects, and a sampler that is lost then has been ended by it. All
    the others are cleared at once.
    """

    cleared: int = 0

    def trial(self) -> Trial:
        """A new request's record."""
        return Trial(self)


@dataclass(eq=False)
class Trial:
    """One request's record."""

    losses: Losses
    _lost: int = 0
    _since: int = field(default=0)

    def __post_init__(self) -> None:
        self._since = self.losses.cleared

    @property
    def suspect(self) -> Trial | None:
        """Itself, where it is a suspect."""
        return self if self._count() >= SUSPECT_AFTER else None

    def is_guilty_of(self, actor: LiveActor) -> bool:
        """Notes that an actor was lost which had the request; whether the request has ended it."""
        if actor.suspect is self:
            self.losses.cleared += 1
            return True
        self._lost = self._count() + (actor.suspect is None)
        return False

    def _count(self) -> int:
        if self._since != self.losses.cleared:
            self._since, self._lost = self.losses.cleared, 0
        return self._lost
