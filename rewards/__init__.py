r"""Verifiers and the grader: the reward of every environment.

    from genesys.rewards import verify

    verdict = verify(problem, "<think>6 * 7 = 42</think>The answer is \boxed{42}.")
    verdict.score, verdict.cause        # 1.0, None

All four functions go through the one grader of the process.
"""

from __future__ import annotations

from collections.abc import Sequence

from genesys.rewards.grading.grader import Grader
from genesys.rewards.grading.limits import Limits
from genesys.rewards.grading.singleton import grader
from genesys.rewards.registry import VERIFIERS, default_spec, verifier_spec
from genesys.rewards.verifier import Verifier, VerifierSpec
from genesys.schema import Problem, Verdict

__all__ = [
    "VERIFIERS",
    "Grader",
    "Limits",
    "Verifier",
    "VerifierSpec",
    "averify",
    "averify_batch",
    "default_spec",
    "grader",
    "verifier_spec",
    "verify",
    "verify_batch",
]


def verify(problem: Problem, text: str, *, verifier: VerifierSpec | str | None = None) -> Verdict:
    """Verifies one completion.

    Args:
        problem: The problem.
        text: The completion's canonical text (`genesys.schema.canonical_text`).
        verifier: A specification, a name such as "math" or "math@1", or None for the default of the
            problem's task type.

    Raises:
        UnknownName: If no verifier has the name.
    """
    return grader().verify(problem, text, verifier=_spec(verifier))


def verify_batch(
    problems: Sequence[Problem], texts: Sequence[str], *, verifier: VerifierSpec | str | None = None
) -> list[Verdict]:
    """Verifies completions concurrently; verdicts come in the order of the texts."""
    return grader().verify_batch(problems, texts, verifier=_spec(verifier))


async def averify(problem: Problem, text: str, *, verifier: VerifierSpec | str | None = None) -> Verdict:
    """`verify` for a running event loop, which it never blocks."""
    return await grader().averify(problem, text, verifier=_spec(verifier))


async def averify_batch(
    problems: Sequence[Problem], texts: Sequence[str], *, verifier: VerifierSpec | str | None = None
) -> list[Verdict]:
    """`verify_batch` for a running event loop."""
    return await grader().averify_batch(problems, texts, verifier=_spec(verifier))


def _spec(verifier: VerifierSpec | str | None) -> VerifierSpec | None:
    return verifier_spec(verifier) if isinstance(verifier, str) else verifier
