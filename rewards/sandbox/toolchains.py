"""Which compilers and interpreters this machine has, and what of the file system they need."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from genesys.rewards.sandbox.unavailable import ToolchainMissing
from genesys.schema import digest_of


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """A compiler or interpreter.

    Attributes:
        language: What it runs.
        executable: Its real path.
        version: What it says of itself.
        roots: Folders that it needs beside the system's.
        static: Whether programs can be linked statically, which halves the start of a process.
    """

    language: str
    executable: str
    version: str
    roots: tuple[str, ...] = ()
    static: bool = False

    @property
    def digest(self) -> str:
        """Identifies what it makes of a source."""
        return digest_of(self.executable, self.version, self.static, platform.machine(), bits=64)


REMEDIES = {
    "python": "Run genesys with CPython 3.11 or later.",
    "javascript": "Install Node.js 18 or later: apt install nodejs.",
    "cpp": "Install g++: apt install g++.",
    "rust": "Install rustc and a linker: apt install rustc gcc, or rustup from https://rustup.rs.",
}
"""What to do where a language's toolchain is missing."""

_SYSTEM = ("/usr/", "/bin/", "/lib/", "/lib64/")


def _answer(*command: str) -> str:
    """The first line that a trusted command prints, or nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.strip().splitlines()
    return lines[0] if done.returncode == 0 and lines else ""


def _found(*names: str) -> str | None:
    """The real path of the first of the commands that exists."""
    for name in names:
        path = shutil.which(name)
        if path:
            return str(Path(path).resolve())
    return None


def _roots(*paths: str) -> tuple[str, ...]:
    """Those of the folders that the system's folders do not hold already."""
    return tuple(dict.fromkeys(path for path in paths if not f"{path}/".startswith(_SYSTEM)))


def python_executable() -> str:
    """The interpreter that workers run: this one, without its virtual environment."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def python_roots() -> tuple[str, ...]:
    """Where the standard library lies."""
    library = sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix})
    return _roots(str(Path(library).parent), str(Path(sys.base_prefix).resolve()))


def _python() -> Toolchain:
    return Toolchain(
        language="python",
        executable=python_executable(),
        version=f"Python {platform.python_version()}",
        roots=python_roots(),
    )


def _javascript() -> Toolchain | None:
    path = _found("node", "nodejs")
    if path is None:
        return None
    return Toolchain(
        language="javascript",
        executable=path,
        version=f"node {_answer(path, '--version')}",
        roots=_roots(str(Path(path).parents[1])),
    )


def _static_libraries(driver: str) -> bool:
    names = ("libc.a", "libm.a", "libpthread.a")
    return all(Path(_answer(driver, f"-print-file-name={name}")).is_absolute() for name in names)


def _cpp() -> Toolchain | None:
    path = _found("g++")
    if path is None:
        return None
    static = _static_libraries(path) and Path(_answer(path, "-print-file-name=libstdc++.a")).is_absolute()
    return Toolchain(
        language="cpp",
        executable=path,
        version=_answer(path, "--version"),
        roots=_roots(str(Path(path).parents[1])),
        static=static,
    )


def _rust() -> Toolchain | None:
    sysroot = _answer("rustc", "--print", "sysroot")  # asks rustup's proxy where the compiler is
    linker = _found("cc", "gcc")
    if not sysroot or linker is None:
        return None
    path = str(Path(sysroot, "bin", "rustc").resolve())
    return Toolchain(
        language="rust",
        executable=path,
        version=_answer(path, "--version"),
        roots=_roots(str(Path(path).parents[1])),
        static=_static_libraries(linker),
    )


_FINDERS: dict[str, Callable[[], Toolchain | None]] = {
    "python": _python,
    "javascript": _javascript,
    "cpp": _cpp,
    "rust": _rust,
}


@cache
def find(language: str) -> Toolchain | None:
    """The toolchain of a language, or None where the machine has none; asked once per process."""
    return _FINDERS[language]()


def toolchain(language: str) -> Toolchain:
    """The toolchain of a language.

    Raises:
        ToolchainMissing: If there is none; the error says how to install it.
    """
    found = find(language)
    if found is None:
        raise ToolchainMissing(f"no toolchain for {language} on this machine", REMEDIES[language])
    return found


def all_roots() -> list[str]:
    """Every folder beside the system's that a program in any language needs."""
    toolchains = filter(None, map(find, _FINDERS))
    return list(dict.fromkeys(root for chain in toolchains for root in chain.roots))


def major_version(version: str) -> int:
    """The first number in what a tool says of itself; 0 where there is none."""
    number = re.search(r"\d+", version)
    return int(number.group()) if number else 0
