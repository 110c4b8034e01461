"""What a check finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

CHECKS = {
    "run-file": "run.json says what the run is",
    "unreadable": "every part can be read to its end, and the checksums of its pages hold",
    "schema": "every part has the published columns",
    "foreign": "every part belongs to this run",
    "malformed": "every row is one that genesys writes",
    "duplicate": "every key stands once",
    "conflict": "no key stands for two different things",
    "problem-digest": "problems are what their digests say",
    "text-digest": "texts are what their digests say",
    "no-problem": "every completion answers a problem of the run",
    "no-completion": "every score is of a completion of the run",
    "spool": "the spool is a sound database",
    "spooled": "no part holds what the spool holds, too",
    "unfinished": "nothing unfinished lies about",
    "log": "every line of the log can be read",
}
"""What is checked. All but `spooled` and `unfinished`, which an interrupted writer leaves and the next one
tidies up, are faults."""

_NOTES = frozenset({"spooled", "unfinished"})


@dataclass(kw_only=True)
class Finding:
    """One thing that is not as it should be, in one place.

    Attributes:
        check: Which check (`CHECKS`).
        place: The file, relative to the run folder.
        text: What is wrong, with an example.
        count: Rows or lines that it concerns; 0 where it is the file as a whole.
        done: What a repair did about it; None where nothing was done.
        remedy: What a person can do about it, where a repair cannot.
        stays: Whether a repair leaves it as it is.
    """

    check: str
    place: str
    text: str
    count: int = 0
    done: str | None = None
    remedy: str | None = None
    stays: bool = False

    @property
    def is_fault(self) -> bool:
        """Whether it makes the run unsound."""
        return self.check not in _NOTES


@dataclass(kw_only=True)
class FsckReport:
    """What is in a run folder, and what is wrong with it.

    Attributes:
        rows: Kind, or verifier, -> sound rows.
        findings: Everything that is not as it should be.
    """

    rows: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong, or nothing any more."""
        return all(finding.done is not None for finding in self.findings if finding.is_fault)

    def add(
        self,
        check: str,
        place: str,
        text: str,
        *,
        count: int = 0,
        remedy: str | None = None,
        stays: bool = False,
    ) -> None:
        """Notes a finding; several rows of one place with one fault are one finding with its first example."""
        for finding in self.findings:
            if count and (finding.check, finding.place, finding.stays) == (check, place, stays):
                finding.count += count
                return
        self.findings.append(
            Finding(check=check, place=place, text=text, count=count, remedy=remedy, stays=stays)
        )
