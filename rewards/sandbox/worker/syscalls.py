"""The system calls that isolation needs and Python does not offer, through ctypes.

Each raises OSError with the call's name where the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os

from genesys.rewards.sandbox.worker.call_numbers import number

_LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4


def _check(result: int, name: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def raw(name: str, *arguments: object) -> int:
    """Calls a system call by its number; ctypes converts the arguments."""
    wanted = number(name)
    if wanted is None:
        raise OSError(f"{name} does not exist on this machine")
    result: int = _LIBC.syscall(ctypes.c_long(wanted), *arguments)
    return _check(result, name)


def unshare(flags: int) -> None:
    """Leaves the namespaces of the flags for new ones."""
    _check(_LIBC.unshare(ctypes.c_int(flags)), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Enters the namespace behind a descriptor; for a pid namespace, children born after do."""
    _check(_LIBC.setns(ctypes.c_int(descriptor), ctypes.c_int(flags)), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mounts a file system."""
    result = _LIBC.mount(
        source.encode() if source else None,
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    )
    _check(result, f"mount of {kind or 'a bind'} on {target}")


def unmount(target: str) -> None:
    """Detaches a mount with all that lies on it."""
    _check(_LIBC.umount2(target.encode(), ctypes.c_int(MNT_DETACH)), f"umount of {target}")


def pivot_root(new_root: str, put_old: str) -> None:
    """Makes another mount the root of this mount namespace."""
    raw("pivot_root", ctypes.c_char_p(new_root.encode()), ctypes.c_char_p(put_old.encode()))


def prctl(option: int, argument: int = 0, second: int = 0) -> None:
    """Operates on the calling process."""
    zero = ctypes.c_ulong(0)
    _check(
        _LIBC.prctl(ctypes.c_int(option), ctypes.c_ulong(argument), ctypes.c_ulong(second), zero, zero),
        f"prctl {option}",
    )


def drop_capabilities() -> None:
    """Empties the permitted, effective and inheritable sets and the ambient one."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(b"\x22\x05\x08\x20" + bytes(4), 8)  # version 3, this thread
    _check(_LIBC.capset(header, ctypes.create_string_buffer(24)), "capset")
