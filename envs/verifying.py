"""Which verifier an environment's actions get."""

from __future__ import annotations

import json
from dataclasses import replace

from genesys.errors import UnknownName
from genesys.rewards import VerifierSpec, default_spec, verifier_spec
from genesys.rewards.answers import READERS
from genesys.schema import canonical_json

Verifying = str | VerifierSpec | None
"""A verifier by name, such as "math" or "math@1", by specification, or the task type's default."""


def verifier_for(task_type: str, verifier: Verifying, answer_format: str | None) -> VerifierSpec:
    """The specification that an environment's arguments ask for.

    Raises:
        UnknownName: If there is no such verifier or answer format.
        ConfigurationError: If the package does not carry the pinned version, or the verifier does not
            take an answer format.
    """
    if answer_format is not None and answer_format not in READERS:
        raise UnknownName.of("answer format", answer_format, READERS)
    params = {} if answer_format is None else {"answer_format": answer_format}
    if verifier is None:
        return default_spec(task_type, params)
    if isinstance(verifier, str):
        return verifier_spec(verifier, params)
    spec = replace(verifier, params=canonical_json({**json.loads(verifier.params), **params}))
    spec.build()
    return spec
