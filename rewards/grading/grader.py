"""The grader: the one entrance that runs verifiers for many completions."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar
from weakref import WeakSet

from genesys.errors import ConfigurationError, UnknownName
from genesys.rewards.grading.backend import Backend, BackendMaker, make_backend
from genesys.rewards.grading.limits import Limits, default_workers
from genesys.rewards.grading.loop_thread import LoopThread
from genesys.rewards.grading.turns import Turns
from genesys.rewards.registry import ANY, default_spec
from genesys.rewards.verifier import QuickVerifier, VerifierSpec
from genesys.schema import Problem, Verdict, canonical_json, canonical_task_type

_build = lru_cache(maxsize=64)(VerifierSpec.build)


@lru_cache(maxsize=64)
def _default_spec(task_type: str, _judge: str | None) -> VerifierSpec:
    """The default of a task type; the configured judge is part of what it is remembered by."""
    return default_spec(task_type)


T = TypeVar("T")
_graders: WeakSet[Grader] = WeakSet()


def abandon_all() -> None:
    """In a forked child: every grader lets go of what belongs to the parent."""
    for grader in list(_graders):
        grader.abandon()


class Grader:
    """Verifies completions from the main thread, other threads, running loops and forked processes alike.

    What a verifier decides quickly is decided in the caller; the rest goes to worker processes, the
    sandbox or a server, through one background thread that starts with the first such verification.

    Args:
        verifiers: Task type (or "*") -> verifier, before the defaults of `genesys.rewards.registry`.
        workers: Most worker processes; by default the cores over the local ranks.
        limits: What one verification in a worker may take.
        backends: Makes the backend of a kind of verifier, where they are not this machine's own.
    """

    def __init__(
        self,
        verifiers: Mapping[str, VerifierSpec] | None = None,
        *,
        workers: int | None = None,
        limits: Limits | None = None,
        backends: BackendMaker = make_backend,
    ) -> None:
        self._verifiers = dict(verifiers or {})
        self._workers = workers or default_workers()
        self._limits = limits or Limits()
        self._make_backend = backends
        self._lock = threading.Lock()
        self._engine: _Engine | None = None
        self._turns: Turns[Verdict | None] = Turns()
        _graders.add(self)

    def verify(self, problem: Problem, text: str, *, verifier: VerifierSpec | None = None) -> Verdict:
        """Verifies one completion.

        Args:
            problem: The problem.
            text: The completion's canonical text.
            verifier: Which verifier; by default the one of the problem's task type.
        """
        return self.verify_batch([problem], [text], verifier=verifier)[0]

    def verify_batch(
        self, problems: Sequence[Problem], texts: Sequence[str], *, verifier: VerifierSpec | None = None
    ) -> list[Verdict]:
        """Verifies completions concurrently; verdicts come in the order of the texts.

        Raises:
            ConfigurationError: If there are not as many problems as texts.
        """
        _check_lengths(problems, texts)
        pairs = zip(problems, texts, strict=True)
        pending = [self.submit(problem, text, verifier=verifier) for problem, text in pairs]
        return [self._wait(future) for future in pending]

    def submit(self, problem: Problem, text: str, *, verifier: VerifierSpec | None = None) -> Future[Verdict]:
        """Starts a verification; what is decided quickly is done when this returns."""
        _check_types(problem, text)
        spec = self._spec(problem, verifier)
        verdict = _decide_here(spec, problem, text)
        if verdict is None:
            assert spec is not None  # without one, `_decide_here` has decided
            return self._start(spec, problem, text)
        done: Future[Verdict] = Future()
        done.set_result(verdict)
        return done

    async def averify(self, problem: Problem, text: str, *, verifier: VerifierSpec | None = None) -> Verdict:
        """`verify` for callers with a loop of their own, which it holds for milliseconds at most."""
        _check_types(problem, text)
        spec = self._spec(problem, verifier)
        verdict = await self._turns.run(lambda: _decide_here(spec, problem, text))
        if verdict is not None:
            return verdict
        assert spec is not None  # without one, `_decide_here` has decided
        return await asyncio.wrap_future(self._start(spec, problem, text))

    async def averify_batch(
        self, problems: Sequence[Problem], texts: Sequence[str], *, verifier: VerifierSpec | None = None
    ) -> list[Verdict]:
        """`verify_batch` for callers with a loop of their own."""
        _check_lengths(problems, texts)
        pairs = zip(problems, texts, strict=True)
        return await asyncio.gather(*(self.averify(one, text, verifier=verifier) for one, text in pairs))

    def check_gold(self, problem: Problem, *, verifier: VerifierSpec | None = None) -> str | None:
        """Why the problem's gold cannot be used by its verifier, from the gold alone, or None."""
        spec = self._spec(problem, verifier)
        if spec is None:
            return f"no verifier for task type {problem.task_type!r}"
        if _build(spec).kind == "inline":
            return _build(spec).check_gold(problem)
        with self._lock:
            engine = self._running()
            future = engine.thread.submit(engine.backend(_build(spec).kind).check_gold(spec, problem))
        return self._wait(future)

    def spec_for(self, problem: Problem) -> VerifierSpec | None:
        """The verifier this grader uses for a problem where the caller names none, or None."""
        return self._spec(problem, None)

    def prefer(self, task_type: str, verifier: VerifierSpec) -> None:
        """Takes a verifier for a task type for which none was chosen: an environment's own."""
        if ANY not in self._verifiers:
            self._verifiers.setdefault(task_type, verifier)

    def close(self) -> None:
        """Ends the thread and every process it started; idempotent, and the grader can be used again.

        Verifications that are under way end as cancelled.
        """
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def abandon(self) -> None:
        """In a forked child: lets go of what belongs to the parent, whose threads do not exist here."""
        if self._engine is not None:
            self._engine.abandon()
        self._engine, self._lock = None, threading.Lock()

    def _spec(self, problem: Problem, verifier: VerifierSpec | None) -> VerifierSpec | None:
        if verifier is not None:
            return verifier
        task_type = canonical_task_type(problem.task_type)
        chosen = self._verifiers.get(task_type) or self._verifiers.get(ANY)
        if chosen is not None:
            return chosen
        try:
            return _default_spec(task_type, os.environ.get("GENESYS_JUDGE"))
        except UnknownName:
            return None

    def _start(self, spec: VerifierSpec, problem: Problem, text: str) -> Future[Verdict]:
        with self._lock:  # so that nothing is started on a thread that is closing
            engine = self._running()
            return engine.thread.submit(engine.verify(spec, problem, text))

    def _running(self) -> _Engine:
        if self._engine is None:
            self._engine = _Engine(self._workers, self._limits, self._make_backend)
        return self._engine

    def _wait(self, future: Future[T]) -> T:
        engine = self._engine
        if not future.done() and engine is not None and engine.thread.is_current:
            raise ConfigurationError(
                "verify was called on the grader's own thread, where it would wait for itself",
                "Await averify there, or call it from another thread.",
            )
        return future.result()


class _Engine:
    """A grader's thread with the backends that live on its loop."""

    def __init__(self, workers: int, limits: Limits, make_backend: BackendMaker) -> None:
        self.thread = LoopThread("genesys-grader")
        self._make_backend = make_backend
        self._workers = workers
        self._limits = limits
        self._backends: dict[str, Backend] = {}

    def backend(self, kind: str) -> Backend:
        """The backend of a kind, made when first asked for."""
        if kind not in self._backends:
            self._backends[kind] = self._make_backend(kind, workers=self._workers, limits=self._limits)
        return self._backends[kind]

    async def verify(self, spec: VerifierSpec, problem: Problem, text: str) -> Verdict:
        """Verifies on the loop; a defect is a verdict, and never a lost row."""
        started = time.perf_counter()
        try:
            verdict = _sound(await self.backend(_build(spec).kind).run(spec, problem, text))
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001  # the boundary, as in `_decide_here`
            verdict = _failed(error)
        cost = {**verdict.cost, "seconds": time.perf_counter() - started}
        return replace(verdict, verifier=spec.key, cost=cost)

    def close(self) -> None:
        """Cancels what runs, ends the backends, then the thread."""
        self.thread.close(self._close_backends)

    def _close_backends(self) -> None:
        for backend in self._backends.values():
            backend.close()

    def abandon(self) -> None:
        """Closes what a forked child has inherited."""
        for backend in self._backends.values():
            backend.abandon()


def _decide_here(spec: VerifierSpec | None, problem: Problem, text: str) -> Verdict | None:
    """The verdict where the caller's thread may make it, else None."""
    if spec is None:
        return Verdict.unscorable("unsupported", reason=f"no verifier for task type {problem.task_type!r}")
    here = _local(spec)
    if here is None:
        return None
    started = time.perf_counter()
    try:
        verdict = here(problem, text)
        verdict = verdict and _sound(verdict)
    except Exception as error:  # noqa: BLE001  # the boundary: a defect of ours is a verdict, never a lost row
        verdict = _failed(error)
    if verdict is None:
        return None
    return replace(verdict, verifier=spec.key, cost={"seconds": time.perf_counter() - started})


@lru_cache(maxsize=64)
def _local(spec: VerifierSpec) -> Callable[[Problem, str], Verdict | None] | None:
    """What of a verifier may run in the caller's thread: all, the quick part, or nothing."""
    verifier = _build(spec)
    if verifier.kind == "inline":
        return verifier.verify
    return verifier.quick if isinstance(verifier, QuickVerifier) else None


def _sound(verdict: Verdict) -> Verdict:
    """A verdict that can be stored.

    Raises:
        ValueError: If its info holds a NaN.
        TypeError: If its info holds something that JSON has no word for.
    """
    if verdict.info:
        canonical_json(verdict.info)
    return verdict


def _failed(error: Exception) -> Verdict:
    return Verdict.unscorable("verifier_failed", error=f"{type(error).__name__}: {str(error)[:200]}")


def _check_types(problem: Problem, text: str) -> None:
    if not isinstance(problem, Problem):
        raise ConfigurationError(
            f"a problem must be a Problem, not {type(problem).__name__}", "Make one with Problem.from_row."
        )
    if not isinstance(text, str):
        raise ConfigurationError(
            f"a completion must be text, not {text!r:.80}",
            "genesys.schema.canonical_text makes it of a server's content and reasoning.",
        )


def _check_lengths(problems: Sequence[Problem], texts: Sequence[str]) -> None:
    if len(problems) != len(texts):
        raise ConfigurationError(f"{len(problems)} problems but {len(texts)} texts: give one of each")
