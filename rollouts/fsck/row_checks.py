"""Rows held against each other: problems, then completions, then scores."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple

from genesys.causes import CAUSES
from genesys.errors import GenesysError
from genesys.rollouts.run_reader import key_of, may_retry
from genesys.schema import Completion, Problem, Verdict, parse_struct, text_digest

_RESTORE = "Run the command that collected it again: it puts the problems back that are missing."


class Fault(NamedTuple):
    """What is wrong with a row.

    Attributes:
        check: Which check (`findings.CHECKS`).
        text: What is wrong.
        stays: Whether a repair leaves the row where it is.
        remedy: What a person can do.
    """

    check: str
    text: str
    stays: bool = False
    remedy: str | None = None


class RowChecks:
    """Sees every row of a run once; remembers some 200 bytes of each.

    Rows of a kind come after those that they refer to.
    """

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}
        self._completions: dict[bytes, bytes] = {}
        self._scores: dict[bytes, tuple[bytes, bool]] = {}

    def check(self, kind: str, row: dict[str, Any], verifier: str | None = None) -> Fault | None:
        """What is wrong with a row, if anything; a row with a fault that does not stay is not remembered."""
        try:
            if kind == "problems":
                return self._problem(row)
            if kind == "completions":
                return self._completion(row)
            return self._score(row, verifier)
        except (GenesysError, TypeError, KeyError, ValueError, AttributeError) as error:
            return Fault("malformed", f"{_name(kind, row)}: {str(error) or repr(error)}")

    def _problem(self, row: dict[str, Any]) -> Fault | None:
        name = row["problem_id"]
        digest = Problem.from_row(row).digest
        if digest != row["problem_digest"]:
            return Fault("problem-digest", f"problem {name!r} is not what its digest says", remedy=_RESTORE)
        if name in self._problems:
            same = self._problems[name] == digest
            return _twice(f"problem {name!r}", same)
        self._problems[name] = digest
        return None

    def _completion(self, row: dict[str, Any]) -> Fault | None:
        Completion.from_row(row)
        name = f"response {row['response_id']}"
        if text_digest(row["text"]) != row["text_digest"]:
            return Fault("text-digest", f"the text of {name} is not what its digest says")
        key, said = _short(row["response_id"]), _short(row["text_digest"], row["problem_digest"])
        if key in self._completions:
            return _twice(name, self._completions[key] == said)
        self._completions[key] = said
        if self._problems.get(row["problem_id"]) != row["problem_digest"]:
            missing = "is not here" if row["problem_id"] not in self._problems else "is another one here"
            text = f"problem {row['problem_id']!r} of {name} {missing}"
            return Fault("no-problem", text, stays=True, remedy=_RESTORE)
        return None

    def _score(self, row: dict[str, Any], verifier: str | None) -> Fault | None:
        name = f"the verdict on response {row['response_id']}"
        if row["verifier"] != verifier:
            return Fault("malformed", f"{name} is of {row['verifier']}, not of {verifier}")
        if row["cause"] is not None and row["cause"] not in CAUSES:
            text = f"{name} has the unknown cause {row['cause']!r}"
            return Fault("malformed", text, stays=True, remedy="Check it with the genesys that wrote it.")
        Verdict(score=row["score"], cause=row["cause"], info=parse_struct(row["info"]))
        answered = self._completions.get(_short(row["response_id"]))
        if answered != _short(row["text_digest"], row["problem_digest"]):
            return Fault("no-completion", f"{name}: no such response, text and problem are here")
        key = _short(key_of("scores", row))
        said = _short(str(row["score"]), str(row["cause"]), row["info"])
        before, retry = self._scores.get(key, (b"", True))
        if not retry:
            return _twice(name, before == said)
        self._scores[key] = (said, may_retry(row["cause"]))
        return None


def _twice(name: str, same: bool) -> Fault:
    return (
        Fault("duplicate", f"{name} stands twice") if same else Fault("conflict", f"there are two of {name}")
    )


def _short(*texts: str) -> bytes:
    return blake2b("|".join(texts).encode(), digest_size=16).digest()


def _name(kind: str, row: dict[str, Any]) -> str:
    column = "problem_id" if kind == "problems" else "response_id"
    return f"the row of {column} {row.get(column)!r}"
