"""Starts a worker: `python -s -S -P -B start.py ...`, run by path in a clean environment.

`import genesys` would load Gymnasium and numpy into the process that tests are forked from. So this makes
the three packages on the way as empty shells, and only the worker's own modules are imported.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path


def _shell(name: str, folder: Path) -> None:
    package = types.ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    _shell("genesys", here.parents[2])
    _shell("genesys.rewards", here.parents[1])
    _shell("genesys.rewards.sandbox", here.parent)
    _shell("genesys.rewards.sandbox.worker", here)
    from genesys.rewards.sandbox.worker.main import main

    main(sys.argv[1:])
