"""What a verifier is, and the specification it is rebuilt from."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from genesys.errors import ConfigurationError
from genesys.registry import load_target
from genesys.schema import Problem, Verdict, canonical_json, digest_of

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Kind = Literal["inline", "worker", "sandbox", "remote"]
"""Where a verifier may run: in the caller (it is always fast), in a worker process that can be killed,
in the sandbox (it runs untrusted programs), or against a server (it waits)."""


@runtime_checkable
class Verifier(Protocol):
    """Verifies completions of one kind of task.

    A verifier is a frozen, keyword-only dataclass whose fields are its parameters: small, synchronous,
    picklable, and without any knowledge of workers. It never raises on any text, and its verdict is a
    function of (problem, text, parameters) alone. Any change that can move a score is a new `version`.
    `genesys.testing.check_verifier` holds an implementation to this contract.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    kind: ClassVar[Kind]

    def verify(self, problem: Problem, text: str) -> Verdict:
        """Verifies a canonical text. The grader stamps the verdict's `verifier` and `cost`."""
        ...

    def check_gold(self, problem: Problem) -> str | None:
        """Why the problem's gold cannot be used by this verifier, from the gold alone, or None."""
        ...


@runtime_checkable
class QuickVerifier(Verifier, Protocol):
    """A worker verifier that decides most texts so fast that no worker is needed."""

    def quick(self, problem: Problem, text: str) -> Verdict | None:
        """The verdict of `verify` in time linear in the text and well under a millisecond, or None."""
        ...


@runtime_checkable
class RemoteVerifier(Verifier, Protocol):
    """A verifier that waits for a server."""

    async def averify(self, problem: Problem, text: str) -> Verdict:
        """What `verify` does, without blocking the grader's loop."""
        ...


@runtime_checkable
class ComposedVerifier(RemoteVerifier, Protocol):
    """A remote verifier that asks another verifier first."""

    async def averify_with(self, problem: Problem, text: str, elsewhere: Elsewhere) -> Verdict:
        """What `averify` does, with the other verifier run by the grader through `elsewhere`."""
        ...


@runtime_checkable
class ConnectedVerifier(RemoteVerifier, Protocol):
    """A remote verifier that keeps connections open."""

    async def aclose(self) -> None:
        """Closes those of the running loop; idempotent. The grader calls it when it closes."""
        ...


@dataclass(frozen=True, kw_only=True)
class VerifierSpec:
    """What a verifier is rebuilt from, in another process or a year later.

    Attributes:
        name: Its name in the registry.
        version: The version whose scores it gives.
        target: `"module:Class"`.
        params: Constructor arguments as canonical JSON.
    """

    name: str
    version: str
    target: str
    params: str = "{}"

    def __post_init__(self) -> None:
        if not _WORD.fullmatch(self.name) or not _WORD.fullmatch(self.version):
            raise ConfigurationError(
                f"a verifier cannot be called {self.name!r}, version {self.version!r}",
                "Use letters, digits, dots, dashes and underscores: its key is a folder of every run.",
            )

    @property
    def key(self) -> str:
        """`"name@version"`, with `"+digest"` of the parameters where they are not the defaults."""
        suffix = "" if self.params == "{}" else f"+{digest_of(json.loads(self.params), bits=32)}"
        return f"{self.name}@{self.version}{suffix}"

    def build(self) -> Verifier:
        """Makes the verifier.

        Raises:
            ConfigurationError: If its class does not take the parameters or has another version now.
        """
        cls = load_target(self.target)
        try:
            verifier: Verifier = cls(**json.loads(self.params))
        except TypeError as error:
            raise ConfigurationError(f"verifier {self.name!r} does not take {self.params}: {error}") from None
        if verifier.version != self.version:
            raise ConfigurationError(
                f"{self.name}@{self.version} is asked for, but this package carries "
                f"{verifier.name}@{verifier.version}",
                "Pin the genesys version that carries it, or score again with the present one.",
            )
        return verifier

    @classmethod
    def of(cls, verifier: Verifier) -> VerifierSpec:
        """The specification of a verifier object; only parameters that differ from defaults count."""
        kind = type(verifier)
        params = {
            field.name: value
            for field in fields(verifier)  # type: ignore[arg-type]  # the protocol asks for a dataclass
            if (value := getattr(verifier, field.name)) != field.default
        }
        return cls(
            name=verifier.name,
            version=verifier.version,
            target=f"{kind.__module__}:{kind.__qualname__}",
            params=canonical_json(params),
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> VerifierSpec:
        """Rebuilds a specification from `vars(spec)`."""
        return cls(**value)


Elsewhere = Callable[[VerifierSpec, Problem, str], Awaitable[Verdict]]
"""Runs another verifier where its kind must run, without stamping its verdict."""
