"""What the client asks a worker for: one program, and the inputs it is run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from genesys.rewards.sandbox.limits import Limits

WORK = "/box/work"
"""The folder that a program runs in; `{work}` in a command is replaced by it."""
BIN = "/box/bin"
"""The folder that holds the program's files; `{bin}` in a command is replaced by it."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One program.

    Attributes:
        runtime: `python` runs marshalled code in a fork of the warm worker, `native` a command.
        command: The command and its arguments; `{work}` and `{bin}` stand for the two folders.
        limits: Of each run.
        files: Names of the files it needs, in the order of their blobs; `native` finds them in `{bin}`.
        settings: What a `python` program finds as `SETTINGS`.
        environment: Variables beside those that every program gets.
        handshake: Whether the program proves through descriptors 3 and 4 that it came to its end
            (`worker/handshake.py`).
        compiles: Whether this is a compilation: a trusted program on an untrusted text. It may start
            processes on every level.
        collect: Name of a file in `{work}` that is sent back with the result.
    """

    runtime: Literal["python", "native"]
    limits: Limits
    command: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    settings: str = "{}"
    environment: Mapping[str, str] = field(default_factory=dict)
    handshake: bool = False
    compiles: bool = False
    collect: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The task as JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Task:
        """Rebuilds a task."""
        fields = dict(value)
        fields["limits"] = Limits.from_json(fields["limits"])
        fields["command"] = tuple(fields["command"])
        fields["files"] = tuple(fields["files"])
        return cls(**fields)
