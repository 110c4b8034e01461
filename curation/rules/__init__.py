"""Rules: how completions of one problem become rows of a dataset."""

from __future__ import annotations

from genesys.curation.rules.best_worst import BestWorst
from genesys.curation.rules.concise import Concise
from genesys.curation.rules.group import Group
from genesys.curation.rules.pairs import Pairs
from genesys.registry import Registry

__all__ = ["RULES", "BestWorst", "Concise", "Group", "Pairs"]

_HERE = "genesys.curation.rules"

RULES = Registry(
    "rule",
    "genesys.curation_rules",
    {
        "best-worst": f"{_HERE}.best_worst:BestWorst",
        "pairs": f"{_HERE}.pairs:Pairs",
        "concise": f"{_HERE}.concise:Concise",
        "group": f"{_HERE}.group:Group",
    },
)
"""Other packages add theirs through the entry-point group `genesys.curation_rules`."""
