"""What runs in a worker process: jobs from a socket, one at a time, until the socket closes."""

from __future__ import annotations

import os
import resource
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from genesys.rewards.grading.frames import encode, receive
from genesys.rewards.verifier import Verifier, VerifierSpec
from genesys.schema import Problem


def serve(sock: socket.socket, memory_bytes: int) -> None:
    """Answers jobs until the other side closes. Never returns after a memory error.

    A job is `{"op": "prepare" | "verify" | "check_gold", "spec": …, "problem": …, "text": …}`; its answer
    `{"ok": …, "cpu": seconds}`, `{"error": text}` or `{"limit": "memory"}`.
    """
    _confine(memory_bytes)
    verifiers: dict[str, Verifier] = {}
    while (job := receive(sock)) is not None:
        try:
            answer = encode(_answer(job, verifiers))
        except MemoryError:
            sock.sendall(encode({"limit": "memory"}))
            os._exit(1)  # the heap is full of what could not be finished
        except Exception as error:  # noqa: BLE001  # the boundary: reported as the job's answer
            answer = encode({"error": f"{type(error).__name__}: {str(error)[:200]}"})
        sock.sendall(answer)


def _confine(memory_bytes: int) -> None:
    """Bounds memory, and offers this process first when the machine itself runs out."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # not Linux, or not allowed: the limit above still holds
        Path("/proc/self/oom_score_adj").write_text("1000")


def _answer(job: dict[str, Any], verifiers: dict[str, Verifier]) -> dict[str, Any]:
    spec = VerifierSpec.from_json(job["spec"])
    if spec.key not in verifiers:
        verifiers[spec.key] = spec.build()
    verifier = verifiers[spec.key]
    if job["op"] == "prepare":
        return {"ok": None}
    problem = Problem.from_row(job["problem"])
    started = time.process_time()
    if job["op"] == "check_gold":
        return {"ok": verifier.check_gold(problem)}
    verdict = verifier.verify(problem, job["text"])
    return {
        "ok": {"score": verdict.score, "cause": verdict.cause, "info": dict(verdict.info)},
        "cpu": time.process_time() - started,
    }
