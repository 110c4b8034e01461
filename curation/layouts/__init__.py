"""Layouts: the exact columns of published datasets, and where they come from."""

from __future__ import annotations

from genesys.curation.layouts.openr1 import OpenR1Math
from genesys.curation.layouts.preference import Preference
from genesys.curation.layouts.synthetic1 import Synthetic1Raw, Synthetic1Sft
from genesys.registry import Registry

__all__ = ["LAYOUTS", "OpenR1Math", "Preference", "Synthetic1Raw", "Synthetic1Sft"]

LAYOUTS = Registry(
    "layout",
    "genesys.curation_layouts",
    {
        "synthetic-1-raw": "genesys.curation.layouts.synthetic1:Synthetic1Raw",
        "synthetic-1-sft": "genesys.curation.layouts.synthetic1:Synthetic1Sft",
        "preference": "genesys.curation.layouts.preference:Preference",
        "openr1-math": "genesys.curation.layouts.openr1:OpenR1Math",
    },
)
"""Other packages add theirs through the entry-point group `genesys.curation_layouts`."""
