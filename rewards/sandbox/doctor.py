"""What `genesys doctor` says of toolchains and isolation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from genesys.rewards.sandbox.levels import REMEDY, SAFE, open_worker
from genesys.rewards.sandbox.toolchains import REMEDIES, find
from genesys.rewards.sandbox.unavailable import SandboxUnavailable


class DoctorLine(NamedTuple):
    """One finding.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be; None where it is absent and something else serves.
        found: What was found.
        remedy: What to do, or "".
    """

    name: str
    ok: bool | None
    found: str
    remedy: str = ""


LEVEL_REMEDIES = {
    "namespaces": "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "kernel.apparmor_restrict_unprivileged_userns=0), or give the container CAP_SYS_ADMIN.",
    "landlock": "Run a kernel of 5.13 or later with landlock among its LSMs (boot parameter lsm=landlock,...).",
}
"""What lets a level hold where it does not."""


def doctor_lines() -> list[DoctorLine]:
    """The toolchains, each isolation level tried for real, and which level programs get."""
    return [*map(_toolchain, REMEDIES), *_levels()]


def _toolchain(language: str) -> DoctorLine:
    chain = find(language)
    if chain is None:
        return DoctorLine(f"toolchain {language}", None, "not found", REMEDIES[language])
    linked = ", links statically" if chain.static else ""
    return DoctorLine(f"toolchain {language}", True, f"{chain.version}{linked}")


def _levels() -> Iterator[DoctorLine]:
    best = None
    for level in SAFE:
        try:
            worker = open_worker(level)
        except SandboxUnavailable as refusal:
            yield DoctorLine(f"isolation {level}", None, refusal.fault, LEVEL_REMEDIES[level])
            continue
        worker.close()
        best = best or level
        yield DoctorLine(f"isolation {level}", True, f"holds: no program could {', '.join(worker.proven)}")
    if best:
        yield DoctorLine("code rewards", True, f"programs run at level {best}")
    else:
        yield DoctorLine("code rewards", False, "no isolation level holds: code is not graded", REMEDY)
