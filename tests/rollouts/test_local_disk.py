from __future__ import annotations

from pathlib import Path

import pytest

from genesys.errors import ConfigurationError
from genesys.rollouts import local_disk
from genesys.rollouts.local_disk import check_local, file_system

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
40 22 0:50 / /data rw,relatime shared:9 master:2 - nfs4 server:/export rw
41 40 0:51 / /data/local\\040disk rw - xfs /dev/vdb rw
42 22 0:52 / /data rw - nfs server:/other rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me", "ext4"),
        ("/proc/1", "proc"),
        ("/data/run", "nfs"),
        ("/data/local disk/run", "xfs"),
        ("/database", "ext4"),
    ],
)
def test_the_deepest_and_latest_mount_holds_a_path(path: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind


def test_a_spool_across_a_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {tmp_path} rw - nfs4 server:/export rw\n"
    )
    monkeypatch.setattr(local_disk, "_MOUNTS", mounts)
    with pytest.raises(ConfigurationError, match="nfs4"):
        check_local(tmp_path)
    check_local(Path("/"))


def test_this_machines_own_disk_is_local(tmp_path: Path) -> None:
    check_local(tmp_path)
