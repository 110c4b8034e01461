"""Which isolation level is used: the strongest that holds, and none below `landlock` unasked."""

from __future__ import annotations

from genesys.errors import UnknownName
from genesys.rewards.sandbox.client import Worker
from genesys.rewards.sandbox.selftest import CHECKS, prove
from genesys.rewards.sandbox.unavailable import SandboxFault, SandboxUnavailable

SAFE = ("namespaces", "landlock")
"""Levels that may be used unasked, the strongest first."""
ALL = (*SAFE, "rlimits")

REMEDY = (
    "`genesys doctor` says what each level lacks here. In a container, allow user namespaces or run on a "
    'kernel of 5.13 or later with Landlock. To run submissions that you trust, ask for level "rlimits" by name.'
)


def open_worker(level: str | None = None) -> Worker:
    """Starts a worker at a level, or at the strongest one that the self-test proves.

    Args:
        level: A level by name; `rlimits`, which keeps no attacker in, must be asked for so. None tries
            the safe ones.

    Raises:
        SandboxUnavailable: If none holds; the error says what each lacks.
    """
    if level is not None and level not in ALL:
        raise UnknownName.of("isolation level", level, ALL)
    reasons = []
    for name in (level,) if level else SAFE:
        try:
            return _proven(name)
        except SandboxUnavailable as error:
            reasons.append(error.fault)
    raise SandboxUnavailable("; ".join(reasons), REMEDY)


def _proven(level: str) -> Worker:
    worker = Worker(level)
    if level not in SAFE:
        return worker
    try:
        worker.proven = prove(worker)
    except SandboxFault as fault:
        worker.close()
        raise SandboxUnavailable(f"level {level!r} failed its self-test: {fault.fault}") from None
    failed = [check for check in CHECKS if check not in worker.proven]
    if failed:
        worker.close()
        raise SandboxUnavailable(f"level {level!r} does not hold: a program could {', '.join(failed)}")
    return worker
