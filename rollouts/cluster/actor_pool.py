"""So many actors of one kind, each replaced when it is lost; calls go to the least loaded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from genesys.errors import GenesysError, SamplerError
from genesys.rollouts.cluster.connection import cause_of, nodes, ray_module, told_again
from genesys.rollouts.cluster.live_actor import ActorKind, LiveActor

logger = logging.getLogger(__name__)

SETTLED_SECONDS = 60.0
"""An actor that lived so long is replaced at once; the wait doubles for those that did not."""

FIRST_WAIT, LONGEST_WAIT = 0.2, 60.0
"""Seconds between an actor's end and its successor's start."""

GIVE_UP_AFTER = 8
"""Actors in a row that ended without an answer, while none lives, after which nothing will help."""

_CONTROL_CALLS = 8


class ActorPool:
    """Keeps actors; lives on one event loop, that of its first `start`.

    Args:
        kind: What the actors are.
        on_change: Told how many are alive and how many were lost so far.
    """

    def __init__(
        self, kind: ActorKind, on_change: Callable[[int, int], None] = lambda alive, lost: None
    ) -> None:
        self.kind = kind
        self.live: list[LiveActor] = []
        self.lost_so_far = 0
        self._on_change = on_change
        self._waiting: deque[tuple[asyncio.Future[LiveActor], object | None]] = deque()
        self._keepers: list[asyncio.Task[None]] = []
        self._handles: dict[int, Any] = {}
        self._first: asyncio.Future[Any] | None = None
        self._failure: GenesysError | None = None
        self._fruitless = 0
        self._closed = False

    def start(self) -> None:
        """Starts the actors, where that is still to be done."""
        if not self._keepers:
            self._first = asyncio.get_running_loop().create_future()
            places = range(len(self.kind.options))
            self._keepers = [asyncio.create_task(self._keep(place)) for place in places]

    async def first(self) -> Any:
        """What the first actor that opens says of itself.

        Raises:
            GenesysError: If it cannot be opened.
        """
        assert self._first is not None, "start comes first"
        return await asyncio.shield(self._first)

    async def take(self, suspect: object | None = None) -> LiveActor:
        """Waits for an actor with room, the least loaded; it is to be given back.

        Args:
            suspect: A call that may be what ends actors: each actor gets one of these at a time.

        Raises:
            GenesysError: If there are none and will be none.
        """
        self._raise()
        turn: asyncio.Future[LiveActor] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, suspect))
        self._serve()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back(turn.result(), suspect)
            raise

    def give_back(self, actor: LiveActor, suspect: object | None = None) -> None:
        """Ends a call; a lost actor keeps its suspect, so that the other calls it had are not blamed."""
        actor.load -= 1
        if suspect is not None and not actor.is_lost:
            actor.suspect = None
        self._serve()

    def answered(self, actor: LiveActor) -> None:
        """Notes that an actor is good for something."""
        actor.answered += 1
        self._fruitless = 0

    def lost(self, actor: LiveActor) -> None:
        """Takes an actor out that does not answer; its place gets another one."""
        if not actor.is_lost:
            actor.is_lost = True
            self.live.remove(actor)
            self.lost_so_far += 1
            self._kill(actor.actor)
            self._on_change(len(self.live), self.lost_so_far)

    def close(self) -> None:
        """Ends all actors; who waits for one gets an error."""
        self._closed = True
        for keeper in self._keepers:
            keeper.cancel()
        for handle in self._handles.values():
            self._kill(handle)
        self._handles.clear()
        self.live.clear()
        self._fail(SamplerError(f"the {self.kind.noun}s are closed"))

    async def _keep(self, place: int) -> None:
        """Fills one place, again and again."""
        life, wait = 0, FIRST_WAIT
        while not self._closed:
            life += 1
            began = time.monotonic()
            fault = await self._live_once(place, f"genesys-{self.kind.noun}-{place}.{life}")
            if self._closed:
                return
            if time.monotonic() - began > SETTLED_SECONDS:
                wait = FIRST_WAIT
            logger.warning("%s %d is lost, and replaced: %s", self.kind.noun, place, fault)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    async def _live_once(self, place: int, name: str) -> str:
        """One actor from its creation to its end; returns why it ended."""
        handle = self._handles[place] = self._spawn(place, name)
        live = LiveActor(name=name, actor=handle)
        opened = False
        try:
            description = await handle.open.remote()
            live.node_id = (await handle.whereabouts.remote()).node_id
            self._check(description)
            opened = True
            self._opened(live, description)
            await handle.stay.remote()
        except Exception as error:  # noqa: BLE001  # whatever ends an actor, its place gets another
            return self._ended(live, opened, cause_of(error))
        finally:
            self._kill(handle)
        return "it went away"

    def _spawn(self, place: int, name: str) -> Any:
        remote = ray_module().remote(self.kind.kind)
        options = {"max_concurrency": self.kind.room + _CONTROL_CALLS, "max_restarts": 0}
        return remote.options(name=name, **options, **self.kind.options[place]).remote(*self.kind.arguments)

    def _check(self, description: Any) -> None:
        """Refuses an actor that is another one than the first."""
        assert self._first is not None
        if self._first.done() and (differences := self._first.result().differences(description)):
            raise SamplerError(
                f"a node's {self.kind.noun} differs from the first one's: {'; '.join(differences)}",
                "All nodes need the same genesys and the same model files.",
            )

    def _opened(self, live: LiveActor, description: Any) -> None:
        assert self._first is not None
        if not self._first.done():
            self._first.set_result(description)
        self.live.append(live)
        self._on_change(len(self.live), self.lost_so_far)
        self._serve()

    def _ended(self, live: LiveActor, opened: bool, error: BaseException) -> str:
        if opened:
            self.lost(live)
        self._fruitless += not live.answered
        is_first = self._first is not None and not self._first.done()
        if is_first and not isinstance(error, ray_module().exceptions.RayError):
            self._fail(_refusal(error))  # what was asked for cannot be: nobody need wait for more of it
        elif self._fruitless >= GIVE_UP_AFTER and not self.live:
            self._fail(
                SamplerError(
                    f"{self._fruitless} {self.kind.noun}s in a row ended without an answer: {_line(error)}",
                    "The logs of their processes are in /tmp/ray/session_latest/logs on their nodes.",
                )
            )
        return _line(error)

    def _fail(self, error: GenesysError) -> None:
        self._failure = self._failure or error
        if self._first is not None and not self._first.done():
            self._first.set_exception(self._failure)
            self._first.exception()  # seen: `first` may have been given up
        for turn, _ in self._waiting:
            if not turn.done():
                turn.set_exception(told_again(self._failure))
        self._waiting.clear()

    def _raise(self) -> None:
        if self._failure is not None:
            raise told_again(self._failure)

    def _serve(self) -> None:
        """Gives actors with room to those who wait, the first first."""
        passed: list[tuple[asyncio.Future[LiveActor], object | None]] = []
        while self._waiting and (free := [one for one in self.live if one.load < self.kind.room]):
            turn, suspect = self._waiting.popleft()
            if turn.done():
                continue
            fit = free if suspect is None else [one for one in free if one.suspect is None]
            if not fit:
                passed.append((turn, suspect))
                continue
            actor = min(fit, key=lambda one: one.load)
            actor.load += 1
            if suspect is not None:
                actor.suspect = suspect
            turn.set_result(actor)
        self._waiting.extendleft(reversed(passed))

    @staticmethod
    def _kill(handle: Any) -> None:
        with suppress(Exception):  # it may be gone, and so may the cluster
            ray_module().kill(handle)


def is_node_alive(node_id: str) -> bool:
    """Whether a node is there still; where it is not, no call is to blame for its actors' end."""
    return any(node["NodeID"] == node_id for node in nodes())


def _refusal(error: BaseException) -> GenesysError:
    """Why nothing of the kind can be opened."""
    if isinstance(error, GenesysError):
        return told_again(error)
    return SamplerError(f"nothing can be opened on the cluster: {type(error).__name__}: {_line(error)}")


def _line(error: BaseException) -> str:
    """An error's first line that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
