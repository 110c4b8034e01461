"""Where the verdicts of judges are kept on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "GENESYS_CACHE"
"""The environment variable that names another folder for everything genesys caches."""


def cache_folder() -> Path:
    """The folder of judgements: `$GENESYS_CACHE/judge`, else the platform's place for a user's caches."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser() / "judge"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "genesys" / "judge"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "genesys" / "judge"
