"""What genesys raises, and when.

    GenesysError
    ├── ConfigurationError      the caller asked for something that cannot be (exit status 2)
    │   ├── UnknownName         a name that no registry holds
    │   ├── MissingExtra        a feature whose optional packages are not installed
    │   ├── SandboxUnavailable  no isolation level holds here (genesys.rewards.sandbox.unavailable)
    │   └── PreflightFailed     a training that would walk into a trap (genesys.training.checks.finding)
    ├── DataError               a file or row that cannot be used as it is
    │   ├── MalformedRow        a row that does not parse, named by file and line
    │   └── Conflict            two different things under one identity
    ├── RunError                a run folder that must not be written as asked
    │   ├── RunMismatch         the folder belongs to another configuration
    │   ├── RunLocked           another collector writes to it
    │   └── StorageError        the disk is full, gone or read-only
    ├── SamplerError            a model, server or recording that cannot sample
    ├── EndpointError           a server of OpenAI's protocol did not do what was asked
    │   ├── EndpointUnreachable attempts are used up, or nothing works at all: it may pass
    │   ├── RequestRefused      the server refuses this request for good
    │   └── MalformedReply      the server answers with something that is no reply
    └── VerifierError           a verifier or its worker broke its contract

A wrong or failed *completion* is never an exception: it is data, a verdict with a cause
(`genesys.causes`). An exception is for what the person at the keyboard must change, so each one names
the fault with its value and, where there is one, the remedy.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "ConfigurationError",
    "Conflict",
    "DataError",
    "EndpointError",
    "EndpointUnreachable",
    "GenesysError",
    "MalformedReply",
    "MalformedRow",
    "MissingExtra",
    "RequestRefused",
    "RunError",
    "RunLocked",
    "RunMismatch",
    "SamplerError",
    "StorageError",
    "UnknownName",
    "VerifierError",
]


class GenesysError(Exception):
    """Base of all errors that genesys raises on purpose.

    Attributes:
        fault: What is wrong, with the offending value.
        remedy: What to do about it, or None.
    """

    def __init__(self, fault: str, remedy: str | None = None) -> None:
        super().__init__(fault, remedy)
        self.fault = fault
        self.remedy = remedy

    def __str__(self) -> str:
        return self.fault if self.remedy is None else f"{self.fault}\n{self.remedy}"


class ConfigurationError(GenesysError):
    """An option, argument or configuration that cannot be served."""


class UnknownName(ConfigurationError):
    """A name that no registry holds."""

    @classmethod
    def of(cls, noun: str, name: str, known: Iterable[str]) -> UnknownName:
        """Builds the error, with a suggestion where one known name is close."""
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        suggestion = f"Did you mean {near[0]!r}? " if near else ""
        return cls(f"unknown {noun} {name!r}", f"{suggestion}Known: {', '.join(names) or 'none'}.")


class MissingExtra(ConfigurationError):
    """A feature whose optional packages are not installed."""


class DataError(GenesysError):
    """A file or row that cannot be used as it is."""


class MalformedRow(DataError):
    """A row that does not parse or lacks a column."""


class Conflict(DataError):
    """Two different things under one identity."""


class RunError(GenesysError):
    """A run folder that must not be written as asked."""


class RunMismatch(RunError):
    """The run folder was made with another configuration."""


class RunLocked(RunError):
    """Another process writes to the run folder."""


class StorageError(RunError):
    """The disk refused a read or a write."""


class SamplerError(GenesysError):
    """A model, server or recording that cannot sample."""


class EndpointError(GenesysError):
    """A server of OpenAI's protocol did not do what was asked."""


class EndpointUnreachable(EndpointError):
    """A call whose attempts are used up, or that no endpoint could take: it may succeed later.

    Attributes:
        down: Whether nothing works at all: the circuit of every endpoint is open.
        broken: Whether it is a stream that broke after its first chunk.
    """

    def __init__(
        self, fault: str, remedy: str | None = None, *, down: bool = False, broken: bool = False
    ) -> None:
        super().__init__(fault, remedy)
        self.down = down
        self.broken = broken


class RequestRefused(EndpointError):
    """A request that the server refuses for good: no key, no such model, a wrong parameter.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, fault: str, remedy: str | None = None, *, status: int = 400) -> None:
        super().__init__(fault, remedy)
        self.status = status


class MalformedReply(EndpointError):
    """A server answered 200 with something that is no JSON object."""


class VerifierError(GenesysError):
    """A verifier or its worker broke its contract."""
