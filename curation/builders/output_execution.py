"""Running programs to learn what they print: in the sandbox, twice, the second time with adverse sets.

The first run counts the lines it executes, which is the problem's difficulty. The second one iterates sets
in another order: a program whose output depends on it would be a problem without a right answer, since
Python salts the hashes of texts anew in each process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from itertools import islice
from typing import NamedTuple

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.context import BuildContext
from genesys.curation.builders.stage import drop
from genesys.rewards.coding.outcome import fault, last_words
from genesys.rewards.grading.limits import default_workers
from genesys.rewards.sandbox.build import Rejected, Source
from genesys.rewards.sandbox.client import Report
from genesys.rewards.sandbox.limits import MIB, Limits
from genesys.rewards.sandbox.pool import Pool
from genesys.rewards.sandbox.unavailable import SandboxFault
from genesys.schema.text import without_surrogates

LIMITS = Limits(cpu_seconds=1.0, wall_seconds=5.0, memory_bytes=256 * MIB, output_bytes=MIB)
LONGEST_OUTPUT = 400
"""Characters; a longer output is copying, not reasoning."""

LEVELS = (8, 24, 80, 240)
"""Executed lines from which a program is of difficulty 1, 2, 3 and 4."""

_AT_ONCE = 128
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}", re.IGNORECASE)


class Run(NamedTuple):
    """What a program did.

    Attributes:
        output: What it printed, without the last newline; None where it did not end well.
        steps: Lines that it executed.
        fault: Why there is no output.
    """

    output: str | None
    steps: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Executed:
    """Runs the `programs` of candidates and makes one candidate of each program that is kept.

    Attributes:
        keep: Programs kept of a candidate at most.
    """

    keep: int = 1
    name: str = "executed"
    version: str = "1"

    def run(self, candidates: Iterable[Candidate], context: BuildContext) -> Iterator[Outcome]:
        """Drops what crashes, varies, says nothing, or says the same of everything.

        Raises:
            SandboxUnavailable: If no isolation level holds here.
        """
        pool = Pool()
        remaining = iter(candidates)
        try:
            with ThreadPoolExecutor(default_workers()) as threads:
                while chunk := list(islice(remaining, _AT_ONCE)):
                    programs = [candidate["programs"] for candidate in chunk]
                    runs = threads.map(partial(run_programs, pool), programs)
                    for candidate, found in zip(chunk, runs, strict=True):
                        yield from self._judge(candidate, found)
        finally:
            pool.close()

    def _judge(self, candidate: Candidate, runs: Sequence[Run]) -> Iterator[Outcome]:
        texts = candidate.get("texts") or [None] * len(runs)
        reasons = [_reason(run, text) for run, text in zip(runs, texts, strict=True)]
        good = [place for place, reason in enumerate(reasons) if reason is None]
        if not good:
            first = next(reason for reason in reasons if reason is not None)
            yield drop(candidate, first, runs[0].fault or runs[0].output or "")
            return
        if len(runs) > 1 and len({run.output for run in runs}) == 1:
            yield drop(candidate, "constant", runs[0].output)
            return
        for place in good[: self.keep]:
            yield _settled(candidate, place, runs[place])


def _settled(candidate: Candidate, place: int, run: Run) -> Candidate:
    kept = {name: value for name, value in candidate.fields.items() if name not in ("programs", "texts")}
    difficulty = sum(run.steps >= least for least in LEVELS)
    return Candidate(
        candidate_id=candidate.candidate_id if place == 0 else f"{candidate.candidate_id}-t{place}",
        source=candidate.source,
        fields={
            **kept,
            "program": candidate["programs"][place],
            "output": run.output,
            "steps": run.steps,
            "difficulty": difficulty,
        },
    )


def _reason(run: Run, text: str | None) -> str | None:
    """Why a program makes no problem, or None."""
    if run.output is None:
        return run.fault.partition(":")[0]
    if not run.output.strip() or run.output == text:
        return "trivial"
    if run.output != run.output.strip() or "\r" in run.output:
        return "outer_space"
    return "long_output" if len(run.output) > LONGEST_OUTPUT else None


def run_programs(pool: Pool, programs: Sequence[str]) -> list[Run]:
    """Runs each program twice, and compares.

    Raises:
        SandboxUnavailable: If no isolation level holds here.
        SandboxFault: If the sandbox failed.
    """
    asked = [
        json.dumps({"program": one, "adverse": adverse}) for one in programs for adverse in (False, True)
    ]
    with pool.session() as session:
        driver = session.build(Source(language="python", text=_driver()))
        if isinstance(driver, Rejected):
            raise SandboxFault(f"the driver does not compile: {driver.words}")
        reports = list(session.run(driver, [text.encode() for text in asked], LIMITS))
    return [_run(first, second) for first, second in zip(reports[::2], reports[1::2], strict=True)]


def _run(first: Report, second: Report) -> Run:
    plain, adverse = _told(first), _told(second)
    if plain.output is None:
        return plain
    if adverse.output != plain.output:
        return Run(
            None, fault=f"varies: {plain.output[:100]!r} and {(adverse.output or adverse.fault)[:100]!r}"
        )
    return plain


def _told(report: Report) -> Run:
    cause = fault(report, LIMITS)
    if cause:
        return Run(None, fault=f"{cause}: {last_words(report)}")
    try:
        told = json.loads(report.stdout)
    except ValueError:
        return Run(None, fault="crashes: it ended the run by other means")
    if told["fault"]:
        return Run(None, fault=f"crashes: {told['fault']}")
    if without_surrogates(told["output"]) != told["output"]:
        return Run(None, fault="crashes: it prints a lone surrogate")
    if _ADDRESS.search(told["output"]):
        return Run(None, fault="varies: it prints an address")  # both runs are forks of one process
    return Run(told["output"].removesuffix("\n"), told["steps"])


def _driver() -> str:
    return files("genesys.curation.builders").joinpath("output_driver.py").read_text("utf-8")
