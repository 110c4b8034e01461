"""What a check finds, and the error that lists what must stop a training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from genesys.errors import ConfigurationError

Severity = Literal["stop", "warn"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One trap that a training would walk into.

    Attributes:
        name: Its word, such as "cut_by_max_length".
        severity: "stop" where the training would not do what it is meant to, "warn" where it may.
        text: What is the case, with the numbers.
        remedy: What to change.
    """

    name: str
    severity: Severity
    text: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """The finding as a plain dict."""
        return asdict(self)


class PreflightFailed(ConfigurationError):
    """A training that must not start as it is configured.

    Attributes:
        findings: Everything that was found, warnings too.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        stops = [finding for finding in self.findings if finding.severity == "stop"]
        lines = [f"  {one.name}: {one.text}\n    {one.remedy}" for one in stops]
        super().__init__(
            "\n".join([f"preflight found {len(stops)} reasons not to train:", *lines]),
            "Change these, or go on at your own risk with --force.",
        )

    def __reduce__(self) -> tuple[type[PreflightFailed], tuple[tuple[Finding, ...]]]:
        return PreflightFailed, (self.findings,)


def stop(name: str, text: str, remedy: str) -> Finding:
    """A finding that stops."""
    return Finding(name=name, severity="stop", text=text, remedy=remedy)


def warn(name: str, text: str, remedy: str) -> Finding:
    """A finding that warns."""
    return Finding(name=name, severity="warn", text=text, remedy=remedy)


def stop_on(findings: Iterable[Finding]) -> None:
    """Ends what must not go on.

    Raises:
        PreflightFailed: If a finding is a "stop"; it lists all of them.
    """
    found = list(findings)
    if any(finding.severity == "stop" for finding in found):
        raise PreflightFailed(found)
