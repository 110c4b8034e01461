"""The contract of verifiers as a test."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import get_args

from genesys.rewards import Grader, Verifier, VerifierSpec
from genesys.rewards.verifier import Kind
from genesys.schema import Problem, Verdict, canonical_json
from genesys.testing.hostile import HOSTILE_TEXTS

MAX_INFO = 65_536
"""Bytes of JSON that a verdict's info may have: it is stored a million times."""


def check_verifier(
    verifier: Verifier, problem: Problem, *, right: Iterable[str], wrong: Iterable[str] = ()
) -> None:
    """Holds a verifier to the contract of `genesys.rewards.Verifier`.

    Args:
        verifier: The verifier.
        problem: A problem that it verifies.
        right: Texts that earn 1.0.
        wrong: Texts that earn less.

    Raises:
        AssertionError: Naming what is broken.
    """
    spec = _check_spec(verifier)
    reason = verifier.check_gold(problem)
    _expect(reason is None, f"check_gold refuses the problem: {reason}")
    grader = Grader({problem.task_type: spec})
    try:
        for text in right:
            verdict = _check_text(grader, problem, text)
            _expect(
                verdict.score == 1.0, f"a right answer earns {verdict.score} ({verdict.cause}): {text[:80]!r}"
            )
        for text in wrong:
            verdict = _check_text(grader, problem, text)
            _expect(
                verdict.score is not None and verdict.score < 1.0,
                f"a wrong answer earns {verdict.score} ({verdict.cause}): {text[:80]!r}",
            )
        for text in HOSTILE_TEXTS:
            verdict = _check_text(grader, problem, text)
            _expect(verdict.score != 1.0, f"a hostile text earns 1.0: {text[:80]!r}")
    finally:
        grader.close()


def _check_spec(verifier: Verifier) -> VerifierSpec:
    kind = type(verifier)
    _expect(
        is_dataclass(kind) and kind.__dataclass_params__.frozen, f"{kind.__name__} is no frozen dataclass"
    )
    _expect(
        bool(verifier.name) and "@" not in verifier.name, f"name {verifier.name!r} is empty or holds an @"
    )
    _expect(bool(verifier.version), "version is empty")
    _expect(verifier.kind in get_args(Kind), f"kind {verifier.kind!r} is none of {get_args(Kind)}")
    spec = VerifierSpec.of(verifier)
    _expect(spec.build() == verifier, "rebuilt from its specification it is another verifier")
    _expect(pickle.loads(pickle.dumps(verifier)) == verifier, "pickled and unpickled it is another verifier")
    return spec


def _check_text(grader: Grader, problem: Problem, text: str) -> Verdict:
    """Verifies twice, and once from the problem's own row."""
    verdict = grader.verify(problem, text)
    _expect(
        verdict.cause != "verifier_failed",
        f"it raised {verdict.info.get('error')} on {text[:80]!r}",
    )
    _expect(
        json.loads(canonical_json(verdict.info)) == verdict.info, f"info is not of JSON types: {verdict.info}"
    )
    size = len(canonical_json(verdict.info))
    _expect(size <= MAX_INFO, f"info has {size} bytes; it is stored with every verdict")
    again = grader.verify(Problem.from_row(problem.to_row()), text)
    _expect(verdict.content() == again.content(), f"two verdicts on the same text differ: {text[:80]!r}")
    return verdict


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
