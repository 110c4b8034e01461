"""What a program may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one test, or of one compilation.

    CPU time decides a time limit. Wall time only guards against a program that waits: time in which a
    process was ready and the machine had no core for it does not count.

    Attributes:
        cpu_seconds: User and system time of all its processes.
        wall_seconds: Seconds that it may take, not counting those it stood in the run queue.
        memory_bytes: Of one process; all of them together may have a quarter more.
        memory_kind: What `memory_bytes` bounds: the address space, or only writable data for runtimes
            that reserve far more addresses than they use (node).
        output_bytes: Of stdout, of stderr and of each file.
        disk_bytes: Of its folder.
        files: Files and folders in it.
        processes: Processes and threads at one time.
    """

    cpu_seconds: float = 4.0
    wall_seconds: float = 10.0
    memory_bytes: int = 512 * MIB
    memory_kind: Literal["address_space", "data"] = "address_space"
    output_bytes: int = 16 * MIB
    disk_bytes: int = 64 * MIB
    files: int = 1000
    processes: int = 64

    def with_cpu(self, cpu_seconds: float) -> Limits:
        """The same limits with another CPU time, and wall time in its proportion."""
        return replace(self, cpu_seconds=cpu_seconds, wall_seconds=2 * cpu_seconds + 1)

    def to_json(self) -> dict[str, Any]:
        """The limits as JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Limits:
        """Rebuilds the limits."""
        return cls(**value)
