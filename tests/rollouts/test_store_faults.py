"""A sample of what benchmarks/store_faults.py sweeps whole: faults below Python, and power cuts replayed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_rig import Rig, build_shim
from fault_sweep import KINDS, VARIANTS, Whole, cut, cuts, faulty, fresh, harvest_whole, lost, tables_of

SAMPLED = 3
"""Faults of each kind, and power cuts of each variant, that are tried here."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("rig")
    shim = build_shim(folder)
    if shim is None:
        pytest.skip("needs gcc or cc")
    with Rig(folder, shim) as made:
        yield made


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder of all harvests: a run notes where its spool is."""
    return tmp_path_factory.mktemp("disk") / "root"


@pytest.fixture(scope="module")
def whole(rig: Rig, root: Path) -> Whole:
    return harvest_whole(rig, root)


def sample(count: int, start: int) -> range:
    """Some of so many places, spread out; others for each start."""
    step = max(count // SAMPLED, 1)
    return range(1 + start * step // 7, count + 1, step)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_disk_loses_nothing_and_says_one_thing(
    rig: Rig, root: Path, whole: Whole, kind: str
) -> None:
    for at in sample(whole.operations, KINDS.index(kind)):
        assert faulty(rig, root, whole, kind, at) == [], f"{kind} at operation {at}"


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_power_cut_loses_nothing(rig: Rig, root: Path, whole: Whole, variant: str) -> None:
    chosen = set(sample(len(whole.log), VARIANTS.index(variant)))
    for place, disk in cuts(whole, root):
        if place in chosen:
            assert cut(rig, root, whole, disk, variant, place) == [], f"{variant} after operation {place}"


def test_the_rig_sees_a_store_that_does_not_synchronise(rig: Rig, root: Path, whole: Whole) -> None:
    """Were the folders' fsyncs left out, the replayed power cuts would lose rows: the sweep has teeth."""
    careless = Whole(whole.tables, [one for one in whole.log if one.kind != "D"], whole.operations)
    found: list[str] = []
    for place, disk in cuts(careless, root):
        if place == len(careless.log):
            shutil.rmtree(root)
            disk.write(root, "lost")
            found += lost(root, disk.acknowledged)
    assert any("committed rows lost" in complaint for complaint in found)


def test_a_run_folder_that_vanishes_is_one_error_and_its_rows_wait_in_the_spool(
    rig: Rig, root: Path, whole: Whole
) -> None:
    fresh(root)
    called = rig.harvest(root, vanish=root / "run", vanish_at=2)
    assert called.status == 1
    assert "has vanished" in called.errors
    assert "Traceback" not in called.errors
    assert not (root / "run").exists(), "a ghost of the folder was made where the disk had been"
    again = rig.harvest(root)
    assert again.status == 0, again.errors
    for kind, table in whole.tables.items():
        assert table.equals(tables_of(root / "run")[kind])


@pytest.mark.parametrize("jump", [-400 * 24 * 3600, 400 * 24 * 3600])
def test_a_clock_that_jumps_changes_nothing(rig: Rig, root: Path, whole: Whole, jump: int) -> None:
    fresh(root)
    killed = rig.harvest(root, kind="KILL", at=whole.operations // 2)
    assert killed.status == -9
    resumed = rig.harvest(root, clock=jump)
    assert resumed.status == 0, resumed.errors
    for kind, table in whole.tables.items():
        assert table.equals(tables_of(root / "run")[kind])
