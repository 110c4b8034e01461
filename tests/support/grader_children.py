"""What forked and spawned children of the tests do; importable by name."""

from __future__ import annotations

from multiprocessing import Queue

from genesys.rewards import VerifierSpec, grader
from genesys.schema import Problem


def verify_in_child(queue: Queue[bytes], problem: Problem, text: str, verifier: VerifierSpec | None) -> None:
    """Puts the content of one verdict of this process' grader into the queue."""
    queue.put(grader().verify(problem, text, verifier=verifier).content())
