"""Trainings that are killed for real: each in a forked child of a process that has imported everything.

python training_child.py MODEL DATASET FOLDER   # prints one JSON object of weights' digests
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from training_data import HELD_OUT, grpo_settings, sft_settings

from genesys.training.trainers import Kind, read_settings, train

STEPS = 6
IMPORTED_ONCE = (
    "genesys.training.trainers.assembly",
    "genesys.training.trainers.material",
    "matplotlib.figure",
    "matplotlib.backends.backend_svg",
    "trl.trainer.grpo_trainer",
    "trl.trainer.sft_trainer",
)


def main(model: Path, dataset: Path, folder: Path) -> None:
    for module in IMPORTED_ONCE:
        import_module(module)
    gc.freeze()  # else every child walks through all that the parent has imported
    common = {"max_steps": STEPS, "save_steps": 2, "save_total_limit": 100, "seed": 3}
    # Two steps learn from each generation, the steps pass over the problems several times, and an
    # evaluation falls between: what a careless resumption would get wrong.
    online = {"steps_per_generation": 2, "eval_problems": HELD_OUT, "eval_every": 3, "limit": 6}
    trainings: dict[Kind, Callable[[Path], dict[str, Any]]] = {
        "grpo": lambda out: grpo_settings(model, out, **common, **online),
        "sft": lambda out: sft_settings(model, dataset, out, **common),
    }
    found = {kind: _compare(kind, made, folder / kind) for kind, made in trainings.items()}
    print(json.dumps(found))


def _compare(kind: Kind, made: Callable[[Path], dict[str, Any]], folder: Path) -> dict[str, Any]:
    whole, killed = folder / "whole", folder / "killed"
    ended = [_run(kind, made(whole))]
    # Once just after a checkpoint, once while the next one is being written.
    ended.append(_run(kind, made(killed), until=killed / "checkpoint-2" / "trainer_state.json"))
    ended.append(_run(kind, made(killed), until=killed / "checkpoint-4"))
    ended.append(_run(kind, made(killed)))
    return {
        "ended": ended,
        "whole": _digest(whole),
        "killed": _digest(killed),
        "first": _digest_of(whole / "checkpoint-2"),
        "curves": [_curve(whole), _curve(killed)],
    }


def _run(kind: Kind, given: dict[str, Any], until: Path | None = None) -> int:
    """The exit status of a training in a child, killed as soon as a path exists."""
    child = os.fork()
    if child == 0:
        try:
            train(read_settings(kind, given=given))
            status = 0
        except BaseException:  # noqa: BLE001  # the child's end: whatever it was, the parent must see it
            import traceback

            traceback.print_exc()
            status = 1
        os._exit(status)
    while until is not None and not until.exists():
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    if until is not None:
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _digest(out: Path) -> str:
    return _digest_of(out / "model")


def _digest_of(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def _curve(out: Path) -> list[tuple[int, float | None, float | None]]:
    """What of a curve does not depend on the clock."""
    points = [json.loads(line) for line in (out / "curve.jsonl").read_text().splitlines()]
    return [
        (point["step"], point.get("reward", point.get("loss")), point.get("held_out")) for point in points
    ]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
