"""Landlock: rules on files, TCP, signals and abstract sockets that a process puts on itself.

Needs no privilege and no namespace, only a kernel of 5.13 or later with Landlock switched on. What the
kernel's version lacks (TCP before 6.7, signals before 6.12) the seccomp filter takes over: sockets are
denied altogether, and a process may signal none but itself.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from genesys.rewards.sandbox.worker import syscalls

_EXECUTE, _WRITE, _READ, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_READ_ONLY = _EXECUTE | _READ | _READ_DIR
_FILE_RIGHTS = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL
_PATH_BENEATH = 1
_VERSION = 1


def version() -> int:
    """The kernel's Landlock ABI; 0 where it has none or has it switched off."""
    try:
        return syscalls.raw("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION))
    except OSError:
        return 0


def _handled_files(abi: int) -> int:
    rights = (1 << 13) - 1
    if abi >= 2:
        rights |= 1 << 13  # linking and renaming across directories
    if abi >= 3:
        rights |= _TRUNCATE
    if abi >= 5:
        rights |= _IOCTL
    return rights


def _attributes(abi: int) -> bytes:
    """The struct landlock_ruleset_attr as the kernel's version knows it."""
    words = [_handled_files(abi)]
    if abi >= 4:
        words.append(3)  # TCP bind and connect
    if abi >= 6:
        words.append(3)  # abstract unix sockets and signals out of the domain
    return struct.pack(f"{len(words)}Q", *words)


def restrict(read_only: Iterable[str], read_write: Iterable[str]) -> None:
    """Leaves the calling process and its children these paths and nothing else, for good.

    Args:
        read_only: Files and folders that may be read and executed; missing ones are passed over.
        read_write: Files and folders in which everything is allowed.

    Raises:
        OSError: If the kernel refuses; nothing may then be run.
    """
    abi = version()
    if abi < 1:
        raise OSError("the kernel has no Landlock")
    every_right = _handled_files(abi)
    attributes = _attributes(abi)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    size = ctypes.c_size_t(len(attributes))
    ruleset = syscalls.raw("landlock_create_ruleset", buffer, size, ctypes.c_uint(0))
    try:
        for path in read_only:
            _allow(ruleset, path, _READ_ONLY)
        for path in read_write:
            _allow(ruleset, path, every_right)
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        syscalls.raw("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _FILE_RIGHTS
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor), 12)
        syscalls.raw(
            "landlock_add_rule", ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0)
        )
    finally:
        os.close(descriptor)
