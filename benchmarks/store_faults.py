"""Every disk operation of a small harvest failed, torn or killed, and every power cut replayed.

    python benchmarks/store_faults.py [--kinds EIO,KILL] [--variants lost,torn] [--every 1]

For each of the harvest's operations that change the disk and each kind of fault: one clear error, no committed
row lost, and the same command again ends with what an undisturbed harvest holds. Likewise for the state that a
power cut leaves after each of them. A few minutes of one core; needs gcc or cc.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from fault_rig import Rig, build_shim
from fault_sweep import KINDS, VARIANTS, Whole, cut, cuts, faulty, harvest_whole


def sweep_faults(rig: Rig, root: Path, whole: Whole, kinds: list[str], every: int) -> int:
    """Every kind of fault at every operation; returns how many went wrong."""
    wrong = 0
    for kind in kinds:
        places = range(1, whole.operations + 1, every)
        found = {at: complaints for at in places if (complaints := faulty(rig, root, whole, kind, at))}
        wrong += report(f"{kind:8} at each of {len(places)} operations", found)
    return wrong


def sweep_cuts(rig: Rig, root: Path, whole: Whole, variants: list[str], every: int) -> int:
    """Every power cut; returns how many went wrong."""
    wrong = 0
    for variant in variants:
        found: dict[int, list[str]] = {}
        count = 0
        for place, disk in cuts(whole, root):
            if place % every:
                continue
            count += 1
            if complaints := cut(rig, root, whole, disk, variant, place):
                found[place] = complaints
        wrong += report(f"power cut, {variant:6} after each of {count} prefixes", found)
    return wrong


def report(title: str, found: dict[int, list[str]]) -> int:
    """Prints one line, and an example of each complaint."""
    print(f"{title}: {len(found)} wrong", flush=True)
    first = Counter(complaint for complaints in found.values() for complaint in complaints)
    for complaint, times in first.most_common(8):
        example = next(place for place, complaints in found.items() if complaint in complaints)
        print(f"    {times} x, first at {example}: {complaint}")
    return len(found)


def main() -> int:
    """Runs the sweep and prints what it found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--every", type=int, default=1, help="Only every so many operations.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shim = build_shim(work)
        if shim is None:
            print("needs gcc or cc")
            return 1
        began = time.monotonic()
        with Rig(work, shim) as rig:
            root = work / "disk"
            whole = harvest_whole(rig, root)
            print(f"{whole.operations} operations, {len(whole.log)} records in the log")
            wrong = sweep_faults(
                rig, root, whole, [kind for kind in options.kinds.split(",") if kind], options.every
            )
            variants = [variant for variant in options.variants.split(",") if variant]
            wrong += sweep_cuts(rig, root, whole, variants, options.every)
        print(f"{wrong} wrong in all, {time.monotonic() - began:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
