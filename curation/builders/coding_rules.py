"""Rules on programming problems: what the statement asks, and whether the tests can decide it."""

from __future__ import annotations

import re
from typing import Any

from genesys.curation.builders.candidate import Candidate, Outcome
from genesys.curation.builders.coding_problem import STDIN
from genesys.curation.builders.stage import drop
from genesys.schema import canonical_json, digest_of

MAX_TESTS = 200
MAX_BYTES = 4_000_000
"""Of all tests of a problem: what a grader must read for each verification."""

_FIGURE = re.compile(
    r"<image>|<img\b|!\[[^\]]*\]\(|\\includegraphics|\b(see|in) the (picture|figure|image) below",
    re.IGNORECASE,
)
_INTERACTIVE = re.compile(
    r"\bthis is an? interactive (problem|task)|\bflush (the )?(output|stdout)|fflush\(stdout\)|"
    r"interact(ion)? (with|protocol)|make (at most|no more than) .{1,30} quer",
    re.IGNORECASE,
)
_ANY = re.compile(
    r"(if )?there (are|is|exist|may be|could be) (multiple|several|many|more than one) (possible |valid |correct |"
    r"optimal )?(answers?|solutions?|ways|outputs?|strings?|such)[^.]{0,80}(any|either)|"
    r"(print|output|return|find) any (one )?(of|valid|such|correct|possible|answer|solution)|"
    r"any (valid|correct|such) (answer|solution|output)s? (is|are|will be) accepted|you (may|can) (print|output|return) any",
    re.IGNORECASE,
)


def judge_statement(candidate: Candidate) -> Outcome:
    """Drops `figure`, `interactive`, `file_io`, `own_validator`, and `several_answers` where nothing could tell the right ones."""
    statement = candidate["statement"]
    found = _FIGURE.search(statement)
    if found:
        return drop(candidate, "figure", found.group())
    found = _INTERACTIVE.search(statement)
    if candidate.get("interactive") or found:
        return drop(candidate, "interactive", found.group() if found else "")
    if candidate.get("files"):
        return drop(
            candidate, "file_io", "it reads or writes files of its own, and tests give stdin and stdout"
        )
    if candidate.get("custom_validator"):
        return drop(candidate, "own_validator", "its validator is a program for another judge")
    found = _ANY.search(statement)
    if found and not candidate.get("checker"):
        return drop(candidate, "several_answers", found.group())
    return candidate


def judge_tests(candidate: Candidate) -> Outcome:
    """Drops `no_tests`, `contradictory_tests` and `large_tests`; repeated tests count once.

    Of more than `MAX_TESTS` the first stay, which are the examples, and the others by digest.
    """
    known: dict[str, dict[str, Any]] = {}
    for test in candidate["tests"]:
        key = canonical_json({name: value for name, value in test.items() if name != "output"})
        first = known.setdefault(key, test)
        if first is not test and not _same(first, test) and not candidate.get("checker"):
            return drop(candidate, "contradictory_tests", key[:200])
    tests = list(known.values())
    if not tests:
        return drop(candidate, "no_tests")
    tests = _chosen(tests)
    if len(canonical_json(tests)) > MAX_BYTES:
        return drop(candidate, "large_tests", f"{len(canonical_json(tests)):,} bytes")
    return candidate.having(tests=tests, tests_given=len(candidate["tests"]))


def _same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    one, two = first.get("output"), second.get("output")
    if first.get("type") == STDIN and isinstance(one, str) and isinstance(two, str):
        return one.split() == two.split()
    return bool(one == two)


def _chosen(tests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(tests) <= MAX_TESTS:
        return tests
    examples = 3
    rest = sorted(tests[examples:], key=lambda test: digest_of(canonical_json(test), bits=64))
    return [*tests[:examples], *rest[: MAX_TESTS - examples]]
