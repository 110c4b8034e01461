"""One actor from its opening to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ActorKind:
    """What actors of a pool are made of.

    Attributes:
        noun: What one is called: "sampler".
        kind: Its class, with `open`, `stay` and the methods that are asked.
        arguments: Of the class.
        options: Ray's, for each actor: resources, where it is placed.
        room: Calls in flight in one at most.
    """

    noun: str
    kind: type
    arguments: tuple[Any, ...]
    options: tuple[dict[str, Any], ...]
    room: int


@dataclass(eq=False, kw_only=True)
class LiveActor:
    """An actor that is open.

    Attributes:
        name: Its name in the cluster.
        actor: Ray's handle.
        node_id: Where it runs.
        load: Calls in flight.
        answered: Samples or verdicts it has given.
        is_lost: Whether somebody has seen it end.
        suspect: The call that may be what ends actors, where it has one of these.
    """

    name: str
    actor: Any = field(repr=False)
    node_id: str = ""
    load: int = 0
    answered: int = 0
    is_lost: bool = False
    suspect: object | None = None
