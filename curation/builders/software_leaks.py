"""Whether an instruction gives the solution away."""

from __future__ import annotations

import re

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.software_rules import changed_lines
from genesys.curation.builders.stage import drop

RUN = 7
"""Consecutive tokens of added code that an instruction may not repeat; a call of two names has six."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_FENCE = re.compile(r"```|~~~")
_DIFF = re.compile(r"^(\+\+\+|---|@@|diff --git)|^[+-](?![+-])\s*\S.*[;{}()=]", re.MULTILINE)
_ABOUT = re.compile(r"\b(this|the|that) (commit|diff|patch)\b", re.IGNORECASE)


def judge_leak(candidate: Candidate) -> Outcome:
    """Drops instructions as `leak:code`, `leak:block`, `leak:diff` or `speaks_of_commit`."""
    instruction = candidate["instruction"]
    leaked = leaked_run(instruction, candidate["old"], candidate["new"])
    if leaked is not None:
        return drop(candidate, "leak:code", leaked)
    for reason, pattern in (("leak:diff", _DIFF), ("leak:block", _FENCE), ("speaks_of_commit", _ABOUT)):
        found = pattern.search(instruction)
        if found:
            return drop(candidate, reason, found.group())
    return candidate


def leaked_run(instruction: str, old: str, new: str) -> str | None:
    """A run of tokens of the added lines that the instruction repeats, or None.

    Runs that the old file has anywhere, or that are prose of a text or comment, are no secret: a run counts
    where at least two of its tokens are punctuation, as code has and requests do not.
    """
    _, added = changed_lines(old, new)
    told = set(_runs(instruction))
    known = set(_runs(old))
    for text in (*added, "\n".join(added)):  # short lines leak together
        for run in _runs(text):
            if run in told and run not in known and sum(not token[0].isalnum() for token in run) >= 2:
                return " ".join(run)
    return None


def _runs(text: str) -> list[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return [tuple(tokens[start : start + RUN]) for start in range(len(tokens) - RUN + 1)]
