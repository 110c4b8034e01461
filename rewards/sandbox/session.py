"""What a verifier works with: one worker and the builder, for the time of one verification."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from genesys.rewards.sandbox.build import Builder, Executable, Rejected, Source
from genesys.rewards.sandbox.client import Report, Worker
from genesys.rewards.sandbox.limits import Limits


@dataclass(frozen=True)
class Session:
    """A sandbox for one verification.

    Attributes:
        worker: Runs programs.
        builder: Builds them.
    """

    worker: Worker
    builder: Builder

    @property
    def level(self) -> str:
        """The isolation level, as the self-test proved it."""
        return self.worker.level

    def build(self, source: Source) -> Executable | Rejected:
        """Makes a program of a source (`Builder.build`)."""
        return self.builder.build(self.worker, source)

    def run(
        self,
        program: Executable,
        inputs: Sequence[bytes],
        limits: Limits,
        *,
        settings: object = None,
        handshake: bool = False,
    ) -> Generator[Report, None, None]:
        """Runs a program on inputs; closing the iterator spares the rest (`Worker.run`)."""
        task = program.task(limits, settings=settings, handshake=handshake)
        return self.worker.run(task, list(program.files.values()), inputs)
