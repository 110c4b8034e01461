"""The file system that a program sees, built once per worker, and the box that it may write to.

/usr /bin /lib /lib64 ...   the host's, read-only
toolchains                  Python's library, rustc's sysroot, where they lie elsewhere: read-only
/etc/passwd                 one invented account
/dev                        null, zero, full, random, urandom and the standard streams
/proc                       the program's own pid namespace
/box                        one tmpfs for each program, size-capped
    /box/bin                its files
    /box/work               its folder; /tmp, /var/tmp and /dev/shm lead here
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from genesys.rewards.sandbox.limits import Limits
from genesys.rewards.sandbox.task import BIN, WORK
from genesys.rewards.sandbox.worker import syscalls

SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
)  # fmt: skip
"""What every program needs of the host: shared libraries, interpreters, compilers."""
DEVICES = ("null", "zero", "full", "random", "urandom")
_STAGING = ("/mnt", "/media", "/srv", "/sys", "/tmp")
_NOATIME = 1024
_SAFE = syscalls.MS_NOSUID | syscalls.MS_NODEV
_AT_RECURSIVE = 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4


STORE = "/store"
"""Where `{store}` lies inside: what was compiled once per machine, read-only."""


def build_root(read_only: Iterable[str], store: str) -> None:
    """Makes a small root of its own the root of this mount namespace.

    Args:
        read_only: Absolute paths beside `SYSTEM` that programs need.
        store: The folder of the host that is put at `STORE`.

    Raises:
        OSError: If a mount is refused.
    """
    paths = [path for path in dict.fromkeys((*SYSTEM, *read_only)) if Path(path).exists()]
    syscalls.mount(None, "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    root = _staging_place(paths)
    syscalls.mount("tmpfs", root, "tmpfs", _SAFE, "size=4m,nr_inodes=4k,mode=755")
    for path in paths:
        _bind(path, root + path)
    _bind(store, root + STORE)
    _make_devices(root)
    _make_small_files(root)
    syscalls.mount("proc", f"{root}/proc", "proc", _SAFE | syscalls.MS_NOEXEC)
    Path(root, "old").mkdir()
    os.chdir(root)
    syscalls.pivot_root(".", "old")
    os.chdir("/")
    syscalls.unmount("/old")
    Path("/old").rmdir()
    remount = syscalls.MS_REMOUNT | syscalls.MS_RDONLY | _SAFE
    syscalls.mount(None, "/", None, remount, "size=4m,nr_inodes=4k,mode=755")


def _staging_place(paths: Iterable[str]) -> str:
    """A folder that can be mounted over, as no path that is needed lies below it."""
    for place in _STAGING:
        if Path(place).is_dir() and not any(path.startswith(place) for path in paths):
            return place
    raise OSError(f"none of {', '.join(_STAGING)} is free to be mounted over")


def _bind(path: str, place: str) -> None:
    """Puts a path of the host at a place of the new root, read-only with all that is mounted in it."""
    target = Path(place)
    target.parent.mkdir(parents=True, exist_ok=True)
    if Path(path).is_symlink():
        target.symlink_to(Path(path).readlink())
        return
    if target.exists():  # inside something that is bound already
        return
    if Path(path).is_dir():
        target.mkdir()
    else:
        target.touch()
    syscalls.mount(path, str(target), None, syscalls.MS_BIND | syscalls.MS_REC)
    attributes = struct.pack("4Q", _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV, 0, 0, 0)
    syscalls.raw(
        "mount_setattr",
        ctypes.c_int(-1),
        ctypes.c_char_p(str(target).encode()),
        ctypes.c_uint(_AT_RECURSIVE),
        ctypes.create_string_buffer(attributes, len(attributes)),
        ctypes.c_size_t(len(attributes)),
    )


def _make_devices(root: str) -> None:
    folder = Path(root) / "dev"
    folder.mkdir()
    for name in DEVICES:
        (folder / name).touch()
        syscalls.mount(f"/dev/{name}", str(folder / name), None, syscalls.MS_BIND)
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        (folder / name).symlink_to(f"/proc/self/fd/{descriptor}")
    (folder / "fd").symlink_to("/proc/self/fd")
    (folder / "shm").symlink_to(WORK)


def _make_small_files(root: str) -> None:
    top = Path(root)
    for name in ("proc", "box", "var", "etc"):
        (top / name).mkdir(exist_ok=True)
    for folder in (top / "tmp", top / "var" / "tmp"):
        if not folder.exists():  # unless a toolchain lies there
            folder.symlink_to(WORK)
    (top / "etc" / "passwd").write_text("coder:x:1000:1000::/box/work:/bin/sh\n")
    (top / "etc" / "group").write_text("coder:x:1000:\n")


def make_box(limits: Limits, extra_bytes: int) -> None:
    """Mounts a fresh box over the last one.

    Args:
        limits: How much the program may write.
        extra_bytes: What its own files take beside that.
    """
    size = limits.disk_bytes + extra_bytes + (1 << 20)
    options = f"size={size},nr_inodes={limits.files + 16},mode=755"
    syscalls.mount("tmpfs", "/box", "tmpfs", _SAFE | _NOATIME, options)
    Path(BIN).mkdir(0o755)
    Path(WORK).mkdir()
    Path(WORK).chmod(0o777)  # whatever the umask is


def mount_proc() -> None:
    """Mounts the /proc of the pid namespace that this process is the first of."""
    syscalls.mount("proc", "/proc", "proc", _SAFE | syscalls.MS_NOEXEC)


Mark = tuple[object, ...]


def mark(work: str, binaries: str) -> Mark:
    """What a program could have changed in its box, in a form that tells whether it did.

    Where the mark of a box and its listing are the same after a test, nothing is left of it: what is not
    in a folder's listing or its status could only stand in extended attributes, and the filter denies
    these.
    """
    parts: list[object] = []
    for folder in (work, binaries):
        with os.scandir(folder) as entries:  # first: listing a folder may move its access time
            parts.append(tuple(sorted((e.name, e.stat(follow_symlinks=False).st_ctime_ns) for e in entries)))
        status = Path(folder).stat()
        parts.append((status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_size))
        parts.append((status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns))
    return tuple(parts)
