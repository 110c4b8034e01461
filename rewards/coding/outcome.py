"""What one run of a submission came to."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from genesys.rewards.sandbox.client import Report
from genesys.rewards.sandbox.limits import Limits

EXCERPT = 300
"""Characters of an input, output or error that stand in a verdict."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One test.

    Attributes:
        cause: Why it failed (`genesys.causes`), or None where it passed.
        got: The end of what it printed or returned, or what it died of, bounded.
        cpu: Seconds of CPU time.
        rss: Bytes of memory at its peak.
    """

    cause: str | None
    got: str = ""
    cpu: float = 0.0
    rss: int = 0

    @classmethod
    def of(cls, report: Report, cause: str | None, got: str = "") -> Outcome:
        """The outcome of a run."""
        return cls(cause=cause, got=excerpt(got), cpu=report.cpu, rss=report.rss)


_STOPPED = {"cpu": "time_limit", "wall": "time_limit", "memory": "memory_limit", "disk": "output_limit"}
_OUT_OF_MEMORY = re.compile(
    rb"MemoryError|bad_alloc|memory allocation of \d+ bytes failed|heap out of memory|"
    rb"Reached heap limit|Array buffer allocation failed|Cannot allocate memory"
)
_NEARLY = 0.9


def fault(report: Report, limits: Limits) -> str | None:
    """Why a run did not end well, whatever it printed; None where it ended with status 0."""
    if report.stopped:
        return _STOPPED[report.stopped]
    if report.cpu > limits.cpu_seconds or report.status == -signal.SIGXCPU:
        return "time_limit"
    if report.output >= limits.output_bytes or report.status == -signal.SIGXFSZ:
        return "output_limit"
    if report.status == 0:
        return None
    if _OUT_OF_MEMORY.search(report.stderr):
        return "memory_limit"
    if report.status < 0 and report.rss > _NEARLY * limits.memory_bytes:
        return "memory_limit"
    return "runtime_error"


_NAMED = re.compile(r"[\w.]*(?:Error|Exception|Refused)\b")
_PANIC = re.compile(r"thread '\w+'.* panicked")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
_THREAD = re.compile(r"thread '(\w+)' \(\d+\)")
_PATH = re.compile(r"(?:/[\w.+-]+){2,}")


def last_words(report: Report) -> str:
    """The end of stderr, without what differs from run to run: addresses, paths and thread ids."""
    text = report.stderr.decode("utf-8", "replace").strip()
    if report.status < 0 and not text:
        return f"signal {-report.status}"
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("note: ")]
    kept = _telling(lines)
    return _PATH.sub("…", _THREAD.sub(r"thread '\1'", _ADDRESS.sub("0x…", kept)))


def _telling(lines: list[str]) -> str:
    """Of an error's lines, the one that names it; of a Rust panic, which says why below, all from there."""
    panics = [place for place, line in enumerate(lines) if _PANIC.match(line)]
    if panics:
        return "\n".join(lines[panics[-1] : panics[-1] + 4])
    named = [line for line in lines if _NAMED.match(line)]
    return named[-1] if named else "\n".join(lines[-3:])


def excerpt(text: str) -> str:
    """The beginning of a text, bounded."""
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"
