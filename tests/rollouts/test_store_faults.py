"""A sample of what benchmarks/store_faults.py sweeps whole: faults below Python, and power cuts replayed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_rig import Rig, build_shim
from fault_sweep import KINDS, VARIANTS, Whole, cut, cuts, faulty, fresh, harvest_whole, lost, tables_of

from genesys.rollouts.parts import part_files, read_part
from genesys.rollouts.run_reader import RunReader
from genesys.rollouts.spool import read_spool

SAMPLED = 2
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


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder that a merge makes the same each time."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_merge_is_there_whole_or_not_at_all(rig: Rig, root: Path, whole: Whole) -> None:
    fresh(root)
    assert rig.harvest(root).status == 0
    command = ["merge", root / "run", "--canonical", "--out", root / "merged"]
    called = rig.call(*command, root=root)
    assert called.status == 0, called.errors
    expected = files_of(root / "merged")
    for kind, at in [("KILL", at) for at in sample(called.operations, 0)] + [
        ("ENOSPC", called.operations // 3)
    ]:
        shutil.rmtree(root / "merged")
        failed = rig.call(*command, root=root, kind=kind, at=at)
        assert failed.status == (1 if kind == "ENOSPC" else -9), failed.errors
        assert "Traceback" not in failed.errors
        assert not (root / "merged").exists() or files_of(root / "merged") == expected
        if not (root / "merged").exists():
            again = rig.call(*command, root=root)
            assert again.status == 0, again.errors
        assert files_of(root / "merged") == expected


def test_a_repair_that_is_killed_is_ended_by_the_next(rig: Rig, root: Path, whole: Whole) -> None:
    def damage() -> None:
        fresh(root)
        assert rig.harvest(root, kind="KILL", at=whole.operations * 3 // 4).status == -9
        part = min((root / "run" / "completions").glob("part-*"))
        part.write_bytes(part.read_bytes()[:-9])
        with (root / "run" / "log.jsonl").open("a") as log:
            log.write("torn")

    damage()
    command = ["fsck", root / "run", "--repair", "--json"]
    operations = rig.call(*command, root=root).operations
    for at in sample(operations, 1):
        damage()
        before = acknowledged_outside(root)
        assert rig.call(*command, root=root, kind="KILL", at=at).status == -9
        again = rig.call(*command, root=root)
        assert again.status in (0, 1), again.errors  # 1: problems are missing, which collecting puts back
        assert list(lost(root, before)) == []
        resumed = rig.harvest(root)
        assert resumed.status == 0, resumed.errors
        assert rig.call("fsck", root / "run", root=root).status == 0
        for kind, table in whole.tables.items():
            assert table.equals(tables_of(root / "run")[kind])


def acknowledged_outside(root: Path) -> set[str]:
    """The completions of a run that do not lie in its first, damaged part."""
    run = RunReader(root / "run")
    _, *others = part_files(root / "run" / "completions")
    rows = {row["response_id"] for part in others for batch in read_part(part) for row in batch.to_pylist()}
    spooled = read_spool(run.spool_path, "completions")
    return {f"completions {name}" for name in rows | set(spooled)}
