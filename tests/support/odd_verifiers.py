"""Verifiers that misbehave in the ways the grader must survive."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import ClassVar

from genesys.errors import ConfigurationError
from genesys.rewards.verifier import Kind
from genesys.schema import Problem, Verdict


@dataclass(frozen=True, kw_only=True)
class OddVerifier:
    """Does what the text says: burn CPU, sleep, fill memory, crash, raise, or compare."""

    name: ClassVar[str] = "odd"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "worker"
    strict: bool = False

    def verify(self, problem: Problem, text: str) -> Verdict:
        if text == "burn" or problem.verification_info.get("ground_truth") == "burn":
            while True:
                pass
        if text == "sleep":
            time.sleep(3600)
        if text == "memory":
            return Verdict.right(size=len(bytearray(16 << 30)))
        if text == "crash":
            os._exit(3)
        if text == "kill me":
            os.kill(os.getpid(), signal.SIGKILL)  # what a system short of memory does
        if text in ("nan", "set"):
            return Verdict.right(value=float("nan") if text == "nan" else {1})
        if text == "raise":
            raise RuntimeError("a defect")
        if text.startswith("nap "):
            time.sleep(float(text[4:]))
            return Verdict.right(pid=os.getpid())
        if text == problem.verification_info.get("ground_truth"):
            return Verdict.right()
        return Verdict.wrong("wrong_answer")

    def check_gold(self, problem: Problem) -> str | None:
        if problem.verification_info.get("ground_truth") == "burn":
            while True:
                pass
        if problem.verification_info.get("ground_truth") == "kill me":
            os.kill(os.getpid(), signal.SIGKILL)
        return None


@dataclass(frozen=True, kw_only=True)
class AsyncVerifier:
    """Waits as a server's client would."""

    name: ClassVar[str] = "waits"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "remote"

    def verify(self, problem: Problem, text: str) -> Verdict:
        return Verdict.right()

    async def averify(self, problem: Problem, text: str) -> Verdict:
        import asyncio

        await asyncio.sleep(0.01)
        if text == "down":
            return Verdict.unscorable("judge_unreachable")
        return Verdict.right(asked=text)

    def check_gold(self, problem: Problem) -> str | None:
        return None


@dataclass(frozen=True, kw_only=True)
class RefusingVerifier:
    """Cannot run on this machine, as code without a sandbox cannot."""

    name: ClassVar[str] = "refuses"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "remote"

    def verify(self, problem: Problem, text: str) -> Verdict:
        raise ConfigurationError("no sandbox here")

    async def averify(self, problem: Problem, text: str) -> Verdict:
        return self.verify(problem, text)

    def check_gold(self, problem: Problem) -> str | None:
        return None


@dataclass(frozen=True, kw_only=True)
class SlowVerifier:
    """Takes half a second over everything."""

    name: ClassVar[str] = "slow"
    version: ClassVar[str] = "1"
    kind: ClassVar[Kind] = "worker"

    def verify(self, problem: Problem, text: str) -> Verdict:
        time.sleep(0.5)
        return Verdict.right()

    def check_gold(self, problem: Problem) -> str | None:
        return None
