"""The pieces of isolation that can be looked at alone."""

from __future__ import annotations

import ast
import struct
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from genesys.rewards.sandbox import wire
from genesys.rewards.sandbox.worker import seccomp
from genesys.rewards.sandbox.worker.levels import remove_folder

X86_64 = 0xC000003E


def answer(program: bytes, number: int, arguments: tuple[int, ...] = (), arch: int = X86_64) -> int:
    """Runs a BPF program as the kernel does on one system call."""
    data = struct.pack("=iIQ6Q", number, arch, 0, *(*arguments, *([0] * (6 - len(arguments)))))
    instructions = list(struct.iter_unpack("HBBI", program))
    at, accumulator = 0, 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif code == 0x06:
            return int(value)
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[
                code
            ]
            at += if_true if holds else if_false


ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050000 | 38


def test_every_name_of_the_policy_has_a_number() -> None:
    assert seccomp.unknown_names() == set()


def test_the_filter_denies_what_it_says() -> None:
    program = seccomp.compile_policy(seccomp.policy(fork=True))
    assert answer(program, 0) == ALLOW  # read
    assert answer(program, 101) == EPERM  # ptrace
    assert answer(program, 435) == ENOSYS  # clone3
    assert answer(program, 57) == ALLOW  # fork
    assert answer(program, 56, (0x10000000,)) == EPERM  # clone into a user namespace
    assert answer(program, 302, (0,)) == ALLOW  # prlimit64 on itself
    assert answer(program, 302, (1,)) == EPERM
    assert answer(program, 0x40000000 + 1) == ENOSYS  # x32
    assert answer(program, 0, arch=0x40000003) == 0x80000000  # i386 kills


def test_the_strict_filter_allows_threads_and_signals_to_itself_alone() -> None:
    program = seccomp.compile_policy(seccomp.policy(fork=False, alone=77))
    assert answer(program, 57) == EPERM  # fork
    assert answer(program, 56, (0x11,)) == EPERM  # clone of a process
    assert answer(program, 56, (0x3D0F00,)) == ALLOW  # clone of a thread
    assert answer(program, 62, (77, 9)) == ALLOW  # kill
    assert answer(program, 62, (78, 9)) == EPERM
    assert answer(program, 62, (0xFFFFFFFF, 9)) == EPERM  # kill(-1)
    assert answer(program, 157, (1, 0)) == EPERM  # prctl(PR_SET_PDEATHSIG)
    assert answer(program, 157, (15, 0)) == ALLOW


def test_the_worker_imports_nothing_but_the_standard_library_and_itself(root: Path) -> None:
    """What it imports stands in the memory that tests are forked from."""
    sandbox = root / "rewards" / "sandbox"
    files = [
        *(sandbox / "worker").glob("*.py"),
        *(sandbox / f"{name}.py" for name in ("wire", "limits", "task")),
    ]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                ours = name.startswith("genesys.rewards.sandbox")
                assert ours or name.split(".")[0] in sys.stdlib_module_names, (file.name, name)


@given(
    st.lists(st.binary(max_size=50), max_size=4),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)
def test_frames_come_as_they_were_sent(blobs: list[bytes], head: dict[str, int]) -> None:
    import socket

    here, there = socket.socketpair()
    with here, there:
        wire.send(here, {"task": head}, blobs)
        received, parts = wire.receive(there)
    assert (received["task"], parts) == (head, blobs)


def test_a_folder_of_any_depth_and_mode_is_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    for name in ("a", "b"):
        place = top / name
        for _ in range(300):
            place.mkdir()
            (place / "file").touch()
            place = place / "d"
    (top / "a").chmod(0)
    (top / "link").symlink_to("/")
    remove_folder(str(top))
    assert not top.exists()
