"""Whether a folder lies on a disk of this machine, where SQLite's locks and synchronisation hold."""

from __future__ import annotations

import re
from pathlib import Path

from genesys.errors import ConfigurationError

NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "lustre",
        "ceph",
        "beegfs",
        "gpfs",
        "afs",
        "fuse.sshfs",
        "fuse.gcsfuse",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.glusterfs",
        "fuse.juicefs",
    ]
)
"""File systems across a network, as Linux names them."""

_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def check_local(folder: Path) -> None:
    """Refuses a folder across a network; where the system does not tell, it is taken for local.

    Raises:
        ConfigurationError: If the spool would lie across a network.
    """
    if not _MOUNTS.is_file():
        return
    kind = file_system(folder.resolve(), _MOUNTS.read_text())
    if kind in NETWORK:
        raise ConfigurationError(
            f"the spool would lie in {folder}, on a file system of type {kind}, where its locks do not hold",
            "Give --spool a folder on a local disk; the run folder itself may stay where it is.",
        )


def file_system(path: Path, mounts: str) -> str | None:
    """The type of the file system that holds a path.

    Args:
        path: Absolute.
        mounts: The text of /proc/self/mountinfo.
    """
    best, kind = -1, None
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = _OCTAL.sub(lambda match: chr(int(match.group(1), 8)), before.split(" ")[4])
        depth = len(Path(point).parts)
        if depth >= best and path.is_relative_to(point):  # of two mounts on one point, the later one shows
            best, kind = depth, after.split(" ")[0]
    return kind
