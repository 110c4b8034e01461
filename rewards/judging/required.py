"""Refusing at the start what would need a judge that nobody has named."""

from __future__ import annotations

import json
from collections.abc import Iterable

from genesys.errors import ConfigurationError
from genesys.registry import load_target
from genesys.rewards.judging.configuration import VARIABLE, judge_config
from genesys.rewards.verifier import VerifierSpec

REMEDY = (
    f"Name one with --judge FILE.toml or --judge http://HOST:PORT/v1, or in the environment variable {VARIABLE}; "
    "docs/rewards/judge.md shows a file. Or choose a verifier that needs none."
)


def asks_judge(spec: VerifierSpec | None) -> bool:
    """Whether a verifier needs a judge."""
    return spec is not None and bool(getattr(load_target(spec.target), "asks_judge", False))


def require_judge(specs: Iterable[VerifierSpec | None]) -> None:
    """Refuses to start where one of the verifiers needs a judge that this process does not know.

    Args:
        specs: The verifiers that will be used; None stands for a task without one.

    Raises:
        ConfigurationError: Naming the verifier and the remedy.
    """
    for spec in specs:
        if spec is None or not asks_judge(spec):
            continue
        config = judge_config()
        params = json.loads(spec.params)
        model = params.get("model", "")
        if config is None or not model:
            raise ConfigurationError(f"the verifier {spec.key} needs a judge, and none is configured", REMEDY)
        wanted = [model, params.get("second_model") or model]
        missing = [name for name in wanted if name not in config.servers]
        if missing:
            raise ConfigurationError(
                f"the verifier {spec.key} asks {missing[0]!r}, and the judge that is configured is {config.model!r}",
                REMEDY,
            )
