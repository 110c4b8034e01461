"""Verifying a batch of a trainer: each distinct pair once, concurrently, within a bound."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for

from genesys.errors import ConfigurationError, DataError
from genesys.rewards import VerifierSpec, grader
from genesys.rewards.coding.suite import read_suite
from genesys.rewards.registry import ANY
from genesys.schema import Problem, Verdict, canonical_task_type
from genesys.training.reward_watch import Outcome

logger = logging.getLogger(__name__)

Pair = tuple[Problem, str]
Key = tuple[str, str]


def is_in_process(problem: Problem) -> bool:
    """Whether a problem's tests run in one process with the answer, which could deceive them.

    Such a verdict has `info["trust"] == "in_process"` (see docs/rewards/code.md). What a person may read
    with care, a policy that is rewarded for it would learn to exploit.
    """
    if canonical_task_type(problem.task_type) != "verifiable_code":
        return False
    try:
        return read_suite(problem).in_process
    except DataError:
        return False  # whatever is wrong with them, the verifier says it


class BatchGrader:
    """Verifies batches through the grader of the process.

    Args:
        verifiers: Task type (or "*") -> verifier, before the grader's own choice.
        seconds: Most wall seconds for a batch.
    """

    def __init__(self, verifiers: Mapping[str, VerifierSpec], seconds: float) -> None:
        self._verifiers = dict(verifiers)
        self._seconds = seconds
        self._able: frozenset[str] = frozenset()  # verifiers that have given a verdict in this process

    def __reduce__(self) -> tuple[type[BatchGrader], tuple[dict[str, VerifierSpec], float]]:
        return BatchGrader, (self._verifiers, self._seconds)

    def outcomes(self, pairs: Sequence[Pair | None]) -> list[Outcome | None]:
        """The outcome of each pair; a None stays one.

        Raises:
            ConfigurationError: If a verifier cannot run here and never could. One that has run before and
                then cannot leaves its completions unscorable: training goes on.
        """
        keys = [None if pair is None else (pair[0].digest, pair[1]) for pair in pairs]
        futures: dict[Key, Future[Verdict]] = {}
        specs: dict[Key, VerifierSpec | None] = {}
        for pair, key in zip(pairs, keys, strict=True):
            if pair is not None and key is not None and key not in futures:
                specs[key] = self.spec_for(pair[0])
                futures[key] = grader().submit(*pair, verifier=specs[key])
        _, late = wait_for(futures.values(), timeout=self._seconds)
        for future in late:
            future.cancel()
        if late:
            logger.warning("%d verifications were not done after %.0f s", len(late), self._seconds)
        settled = {key: self._outcome(future, specs[key]) for key, future in futures.items()}
        return [None if key is None else settled[key] for key in keys]

    def spec_for(self, problem: Problem) -> VerifierSpec | None:
        """The verifier of a problem, or None where there is none."""
        chosen = self._verifiers.get(canonical_task_type(problem.task_type)) or self._verifiers.get(ANY)
        return chosen or grader().spec_for(problem)

    def _outcome(self, future: Future[Verdict], spec: VerifierSpec | None) -> Outcome:
        name = "" if spec is None else spec.key
        try:
            verdict = future.result(timeout=0)
        except (TimeoutError, CancelledError):
            return Outcome(None, "batch_timeout", self._seconds)
        except ConfigurationError as error:
            if name not in self._able:
                raise
            logger.warning("%s cannot run any more: %s", name, error)
            return Outcome(None, "sandbox_unavailable")
        self._able |= {name}
        seconds = verdict.cost.get("seconds", 0.0)
        if verdict.info.get("trust") == "in_process":
            return Outcome(None, "in_process", seconds)
        return Outcome(verdict.score, verdict.cause, seconds)
