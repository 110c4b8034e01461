"""The recorder: one thread that commits completions as they come and verifies what it has committed.

Completions are durable before they are verified: a verdict can be made again, a trace of a large model
costs money. Rows are committed in groups, one transaction for all that has gathered while the disk was
busy, so that durability costs microseconds a completion and not one disk flush each.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from genesys.rewards import Grader
from genesys.rollouts.progress import Progress
from genesys.rollouts.run_folder import RunFolder, completion_row, problem_row, score_row
from genesys.rollouts.spool import SpoolRow
from genesys.schema import Completion, Problem, Verdict

_GROUP = 512
_UNVERIFIED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A completion on its way into the run folder.

    Attributes:
        problem: What it answers.
        completion: The completion, or None where it is stored already and only to be verified.
        messages: The problem's messages; needed with a completion.
        response_id: Its id.
        text: Its text.
        text_digest: The text's digest.
    """

    problem: Problem
    response_id: str
    text: str
    text_digest: str
    completion: Completion | None = None
    messages: Sequence[Mapping[str, str]] = ()

    @classmethod
    def fresh(
        cls, problem: Problem, messages: Sequence[Mapping[str, str]], completion: Completion
    ) -> Recorded:
        """A completion that was sampled just now."""
        return cls(
            problem=problem,
            response_id=completion.response_id,
            text=completion.text,
            text_digest=completion.text_digest,
            completion=completion,
            messages=messages,
        )


_Item = Recorded | SpoolRow | BaseException
"""A completion to commit, a score to commit, or what stops the recorder."""


class Recorder:
    """Commits and verifies on a thread of its own.

    Args:
        run: The run folder; only the recorder's thread writes to it until `close`.
        grader: Verifies; None only stores.
        progress: Is kept up to date.
    """

    def __init__(self, run: RunFolder, grader: Grader | None, progress: Progress) -> None:
        self._run = run
        self._grader = grader
        self._progress = progress
        self._queue: queue.Queue[_Item | None] = queue.Queue()
        self._room = threading.BoundedSemaphore(_UNVERIFIED)
        self._unverified = 0
        self._problems = run.problem_ids()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="genesys-recorder", daemon=True)
        self._thread.start()

    def offer(self, item: Recorded) -> bool:
        """Hands a completion over where there is room, without waiting.

        Raises:
            StorageError: If an earlier one could not be committed.
        """
        self._raise()
        if not self._room.acquire(blocking=False):
            return False
        self._queue.put(item)
        return True

    def put(self, item: Recorded) -> None:
        """Hands a completion over; waits where thousands are unverified.

        Raises:
            StorageError: If an earlier one could not be committed.
        """
        while not self._room.acquire(timeout=0.5):
            self._raise()
        self._raise()
        self._queue.put(item)

    def close(self) -> None:
        """Waits until everything is committed and verified.

        Raises:
            StorageError: If something could not be committed.
            ConfigurationError: If nothing can be verified here: no sandbox holds, say.
        """
        self._queue.put(None)
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _main(self) -> None:
        try:
            closing = False
            while not (closing and self._unverified == 0 and self._queue.empty()):
                items = self._gather()
                closing = closing or None in items
                self._handle([item for item in items if item is not None])
        except BaseException as error:  # noqa: BLE001  # handed to the caller by `put` and `close`
            self._error = error

    def _gather(self) -> list[_Item | None]:
        """All that has gathered; waits for the first."""
        items = [self._queue.get()]
        while len(items) < _GROUP:
            try:
                items.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return items

    def _handle(self, items: list[_Item]) -> None:
        rows: list[SpoolRow] = []
        for item in items:
            if isinstance(item, SpoolRow):
                rows.append(item)
            elif isinstance(item, Recorded):
                rows += self._rows(item)
        if rows:
            self._run.commit(rows)
        for item in items:
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, SpoolRow):
                self._unverified -= 1
                self._room.release()
            else:
                self._committed(item)

    def _rows(self, item: Recorded) -> list[SpoolRow]:
        rows = []
        if item.problem.problem_id not in self._problems:
            self._problems.add(item.problem.problem_id)
            rows.append(problem_row(item.problem, item.messages))
        if item.completion is not None:
            rows.append(completion_row(item.problem, item.completion))
        return rows

    def _committed(self, item: Recorded) -> None:
        if item.completion is not None:
            self._progress.committed(item.completion)
        if self._grader is None:
            self._room.release()
            return
        self._unverified += 1
        future = self._grader.submit(item.problem, item.text)
        future.add_done_callback(lambda done: self._verified(item, done))

    def _verified(self, item: Recorded, done: Future[Verdict]) -> None:
        """Called by whichever thread ends the verification: hands the verdict to the recorder's."""
        if done.cancelled():
            verdict = Verdict.unscorable("verifier_failed", error="the grader was closed")
        elif (error := done.exception()) is not None:
            self._queue.put(error)  # nothing here can be verified: the harvest stops with what is committed
            return
        else:
            verdict = done.result()
        self._progress.verified_one(item.problem, verdict)
        self._queue.put(score_row(item.problem, item.response_id, item.text_digest, verdict))
