"""The only list of causes: why a score is below one, or why there is none.

A verdict is *right* (score 1, no cause), *wrong* (a score below 1 and a cause that the completion
brought about) or *unscorable* (no score, and a cause that it did not bring about). Whose fault it is
decides, and neither ever stands for the other: an unreachable judge is not a wrong answer, and a tower
of powers that nobody can evaluate is not an excuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genesys.errors import UnknownName

Outcome = Literal["wrong", "unscorable"]
Fault = Literal["completion", "problem", "setup", "infrastructure", "verifier"]


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason for a score below one.

    Attributes:
        name: The word that stands in verdicts, columns and summaries.
        outcome: Whether a verdict with this cause has a score (`wrong`) or none (`unscorable`).
        fault: Who brought it about.
        retry: Whether verifying the same completion again may end otherwise.
        remedy: What a person can do about it.
    """

    name: str
    outcome: Outcome
    fault: Fault
    retry: bool
    remedy: str


def _wrong(name: str, remedy: str) -> Cause:
    return Cause(name=name, outcome="wrong", fault="completion", retry=False, remedy=remedy)


def _unscorable(name: str, fault: Fault, retry: bool, remedy: str) -> Cause:
    return Cause(name=name, outcome="unscorable", fault=fault, retry=retry, remedy=remedy)


CAUSES: dict[str, Cause] = {
    cause.name: cause
    for cause in (
        _wrong("wrong_answer", "The answer was read and is not the gold."),
        _wrong("no_answer", "No answer in the asked format; check the template or --answer-format."),
        _wrong("truncated", "The reasoning never closed; raise --max-tokens if many end so."),
        _wrong("format", "The answer stands in the asked place but is malformed."),
        _wrong("answer_too_complex", "Checking the answer exceeded the limits a plain answer needs."),
        _wrong("compile_error", "The program does not compile; info has the compiler's words."),
        _wrong("runtime_error", "The program crashed; info has the first failing test."),
        _wrong("time_limit", "The program used up its CPU time."),
        _wrong("memory_limit", "The program used up its memory."),
        _wrong("output_limit", "The program wrote more than its output limit."),
        _wrong("short_of_gold", "The judge found it to fall short of the gold; info has its explanation."),
        _wrong("unsound_reasoning", "The judge found a flawed step; info has its explanation."),
        _unscorable("bad_gold", "problem", False, "Repair or drop the problem: its gold cannot be used."),
        _unscorable("unsupported", "setup", False, "No verifier decides this; name one with --verifier."),
        _unscorable("toolchain_missing", "setup", True, "Install the toolchain; `genesys doctor` names it."),
        _unscorable("sandbox_unavailable", "infrastructure", True, "See `genesys doctor` for isolation."),
        _unscorable(
            "verifier_failed", "verifier", True, "A defect of the verifier: report it with its info."
        ),
        _unscorable(
            "judge_unconfigured", "setup", True, "Name one with --judge FILE.toml|URL or in GENESYS_JUDGE."
        ),
        _unscorable("judge_unreachable", "infrastructure", True, "Run `genesys score` again later."),
        _unscorable(
            "judge_refused",
            "setup",
            True,
            "The judge's server refuses: check key, model, context; `-v` logs it.",
        ),
        _unscorable(
            "judge_unparseable", "infrastructure", True, "Two replies without a verdict: take a better judge."
        ),
        _unscorable(
            "judge_ambiguous", "verifier", False, "The judge cannot tell; look at question and gold."
        ),
        _unscorable(
            "judge_disagreement", "verifier", False, "Judges or samples differ; info has both verdicts."
        ),
        _unscorable("needs_judge", "verifier", False, "Equality needs language: use a judge verifier."),
    )
}


def cause(name: str) -> Cause:
    """Looks a cause up by its name.

    Raises:
        UnknownName: If the list does not hold it.
    """
    try:
        return CAUSES[name]
    except KeyError:
        raise UnknownName.of("cause", name, CAUSES) from None
