"""The verifiers by name, and which one a task type gets by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genesys.errors import ConfigurationError, UnknownName
from genesys.registry import Registry
from genesys.rewards.verifier import Verifier, VerifierSpec
from genesys.schema import canonical_task_type

VERIFIERS = Registry(
    "verifier",
    "genesys.verifiers",
    {
        "math": "genesys.rewards.mathematics.verifier:MathVerifier",
        "math-verify": "genesys.rewards.math_verify_plain:PlainMathVerify",
        "output": "genesys.rewards.output_verifier:OutputVerifier",
        "code": "genesys.rewards.coding.verifier:CodeVerifier",
        "judge": "genesys.rewards.judging.verifier:JudgeVerifier",
        "dual-math": "genesys.rewards.judging.dual_math:DualMathVerifier",
    },
)
"""Other packages add theirs through the entry-point group `genesys.verifiers`."""

DEFAULTS = {
    "verifiable_math": "math",
    "code_output_prediction": "output",
    "verifiable_code": "code",
    "llm_judgeable_groundtruth_similarity": "judge",
}
"""The verifier of each task type, where the caller names none."""


TASK_TYPES = {
    "math": ("verifiable_math",),
    "math-verify": ("verifiable_math",),
    "output": ("code_output_prediction",),
    "code": ("verifiable_code",),
    "judge": ("llm_judgeable_groundtruth_similarity",),
    "dual-math": ("verifiable_math",),
}
"""The task types a verifier is for, where it is chosen by name for a mixed run; others serve all."""

ANY = "*"
"""Stands for every task type in a grader's table."""


def verifier_table(
    name: str | None = None, params: Mapping[str, Any] | None = None
) -> dict[str, VerifierSpec]:
    """Task type -> verifier for a grader: the defaults with parameters, then the one chosen by name.

    Args:
        name: A verifier that takes the place of the defaults for the task types it is for.
        params: Parameters such as `answer_format`, for it and for the defaults.

    Raises:
        UnknownName: If no registry holds the name.
        ConfigurationError: If a verifier does not take the parameters.
    """
    if name is not None:
        spec = verifier_spec(name, params)
        if spec.name not in TASK_TYPES:
            return {ANY: spec}
    table = {task_type: default_spec(task_type, params) for task_type in DEFAULTS} if params else {}
    return table if name is None else table | dict.fromkeys(TASK_TYPES[spec.name], spec)


def verifier_spec(name: str, params: Mapping[str, Any] | None = None) -> VerifierSpec:
    """The specification of a verifier named `"math"` or, pinned, `"math@1"`.

    Raises:
        UnknownName: If no registry holds the name.
        ConfigurationError: If the pinned version is not the one this package carries, or the verifier
            does not take the parameters.
    """
    plain, _, version = name.partition("@")
    cls = VERIFIERS.load(plain)
    try:
        # a judging verifier takes up the judge that this process has configured: it is part of its key
        verifier: Verifier = getattr(cls, "configured", cls)(**(params or {}))
    except TypeError as error:
        raise ConfigurationError(f"verifier {plain!r} does not take {dict(params or {})}: {error}") from None
    spec = VerifierSpec.of(verifier)
    if version and version != spec.version:
        raise ConfigurationError(
            f"{name} is asked for, but this package carries {spec.name}@{spec.version}",
            "Pin the genesys version that carries it, or score again with the present one.",
        )
    return spec


def default_spec(task_type: str, params: Mapping[str, Any] | None = None) -> VerifierSpec:
    """The specification of the verifier that a task type gets by default.

    Raises:
        UnknownName: If no verifier is registered for the task type.
    """
    try:
        return verifier_spec(DEFAULTS[canonical_task_type(task_type)], params)
    except KeyError:
        raise UnknownName.of("task type", task_type, DEFAULTS) from None
