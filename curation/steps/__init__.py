"""Steps: each keeps a row or drops it with a reason that is counted.

A reason is one word, or a word and a detail: `below_threshold`, `unscorable:bad_gold`.
"""

from __future__ import annotations

from genesys.registry import Registry

_HERE = "genesys.curation.steps"

STEPS = Registry(
    "step",
    "genesys.curation_steps",
    {
        "continued": f"{_HERE}.verdicts:Continued",
        "scored": f"{_HERE}.verdicts:Scored",
        "scorable": f"{_HERE}.verdicts:Scorable",
        "truncated": f"{_HERE}.verdicts:Truncated",
        "threshold": f"{_HERE}.verdicts:Threshold",
        "format": f"{_HERE}.texts:Format",
        "repetition": f"{_HERE}.texts:Repetition",
        "length": f"{_HERE}.length:Length",
        "language": f"{_HERE}.language:Language",
        "duplicate": f"{_HERE}.duplicates:Duplicate",
        "duplicate-problem": f"{_HERE}.duplicates:DuplicateProblem",
        "near-duplicate": f"{_HERE}.near_duplicate:NearDuplicate",
        "decontaminate": f"{_HERE}.decontaminate:Decontaminate",
        "pass-rate": f"{_HERE}.mixture:PassRate",
        "sources": f"{_HERE}.mixture:Sources",
        "quota": f"{_HERE}.mixture:Quota",
        "balance": f"{_HERE}.mixture:Balance",
        "pick": f"{_HERE}.pick:Pick",
    },
)
"""Other packages add theirs through the entry-point group `genesys.curation_steps`."""
