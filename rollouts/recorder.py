"""The recorder: one thread that commits completions as they come and verifies what it has committed.

Completions are durable before they are verified: a verdict can be made again, a trace of a large model
costs money. Rows are committed in groups, one transaction for all that has gathered while the disk was
busy, so that durability costs microseconds a completion and not one disk flush each.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
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
        said: Tokens of it that were sampled before, by the response it continues.
        on_verdict: Told the verdict by the thread that made it; maybe never, where the recorder has to stop.
    """

    problem: Problem
    response_id: str
    text: str
    text_digest: str
    completion: Completion | None = None
    messages: Sequence[Mapping[str, str]] = ()
    said: int = 0
    on_verdict: Callable[[Verdict], None] | None = None

    @classmethod
    def fresh(
        cls,
        problem: Problem,
        messages: Sequence[Mapping[str, str]],
        completion: Completion,
        *,
        said: int = 0,
        on_verdict: Callable[[Verdict], None] | None = None,
    ) -> Recorded:
        """A completion that was sampled just now."""
        return cls(
            problem=problem,
            response_id=completion.response_id,
            text=completion.text,
            text_digest=completion.text_digest,
            completion=completion,
            messages=messages,
            said=said,
            on_verdict=on_verdict,
        )


@dataclass(frozen=True, slots=True)
class _Verified:
    """What became of a verification: a score to commit, nothing to commit, or an error that stops the run."""

    row: SpoolRow | None = None
    error: BaseException | None = None


_Item = Recorded | _Verified


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
        self._room = threading.Semaphore(_UNVERIFIED)  # not a bounded one: after an error `put` takes no room
        self._unverified = 0
        self._problems = run.problem_ids()
        self._error: BaseException | None = None
        self._closing = self._hurried = False
        self._thread = threading.Thread(target=self._main, name="genesys-recorder", daemon=True)
        self._thread.start()

    def offer(self, item: Recorded) -> bool:
        """Hands a completion over where there is room, without waiting.

        Raises:
            GenesysError: If the recorder has had to stop; the completion is committed where the disk allows.
        """
        if not self._room.acquire(blocking=False):
            self._raise()
            return False
        self._queue.put(item)
        self._raise()
        return True

    def put(self, item: Recorded) -> None:
        """Hands a completion over; waits where thousands are unverified.

        Raises:
            GenesysError: If the recorder has had to stop; the completion is committed where the disk allows.
        """
        while self._error is None and not self._room.acquire(timeout=0.5):
            pass
        self._queue.put(item)
        self._raise()

    def check(self) -> None:
        """Raises what has stopped the recorder, if anything has.

        Raises:
            GenesysError: What the disk or the grader refused.
        """
        self._raise()

    def hurry(self) -> None:
        """Lets `close` commit what has been handed over, and await no more verdicts: they can be made again."""
        self._hurried = True
        self._queue.put(None)  # wakes the thread, should it wait for a verdict

    def close(self) -> None:
        """Waits until everything is committed and, unless hurried, verified.

        Raises:
            StorageError: If something could not be committed.
            ConfigurationError: If nothing can be verified here: no sandbox holds, say.
        """
        self._closing = True
        self._queue.put(None)
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _main(self) -> None:
        try:
            while not self._is_done():
                self._handle(self._gather())
        except BaseException as error:  # noqa: BLE001  # handed to the caller by `put` and `close`
            self._error = error

    def _is_done(self) -> bool:
        nothing_due = self._unverified == 0 or self._hurried or self._error is not None
        return self._closing and nothing_due and self._queue.empty()

    def _gather(self) -> list[_Item]:
        """All that has gathered; waits for the first."""
        items = [self._queue.get()]
        while len(items) < _GROUP:
            try:
                items.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return [item for item in items if item is not None]

    def _handle(self, items: list[_Item]) -> None:
        rows: list[SpoolRow] = []
        for item in items:
            if isinstance(item, Recorded):
                rows += self._rows(item)
            elif item.row is not None:
                rows.append(item.row)
        if rows:
            self._run.commit(rows)
        for item in items:
            if isinstance(item, Recorded):
                self._committed(item)
            else:
                self._unverified -= 1
                self._room.release()
                self._error = self._error or item.error

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
            self._progress.committed(item.completion, item.said)
        if self._grader is None or self._error is not None or self._hurried:
            self._room.release()
            return
        self._unverified += 1
        try:
            future = self._grader.submit(item.problem, item.text)
        except Exception as error:  # noqa: BLE001  # stops the run, once the queue is committed
            self._queue.put(_Verified(error=error))
            return
        future.add_done_callback(lambda done: self._queue.put(self._outcome(item, done)))

    def _outcome(self, item: Recorded, done: Future[Verdict]) -> _Verified:
        """Called by whichever thread ends the verification; what it returns is the recorder's to commit."""
        if done.cancelled():
            return _Verified()  # the grader was closed: the next call verifies
        try:
            verdict = done.result()
            self._progress.verified_one(item.problem, verdict)
            if item.on_verdict is not None:
                item.on_verdict(verdict)
            if not verdict.verifier:
                return _Verified()  # no verifier serves the task type: there is no score to keep
            return _Verified(score_row(item.problem, item.response_id, item.text_digest, verdict))
        except BaseException as error:  # noqa: BLE001  # stops the run; what is handed over is still committed
            return _Verified(error=error)
