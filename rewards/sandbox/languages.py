"""The four languages: how a source becomes a program, what it may use, and how it is run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from genesys.rewards.sandbox.limits import MIB, Limits
from genesys.rewards.sandbox.toolchains import Toolchain

NODE_DEEP_STACK = "--stack-size=16000"
"""KiB of stack for deep recursion. Any flag of V8 makes node compile its own library anew at every start, a
seventh of the time, so only programs that need it get it."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language.

    Attributes:
        name: As problems have it.
        tags: What fenced blocks in it are tagged with.
        limits: Of a test, where the problem has none of its own.
        file: Name of a program's file, given its source.
        compile: The command that makes `{work}/prog` of the source on stdin, or None.
        run: The command that runs it; `{file}` is its file.
    """

    name: str
    tags: frozenset[str]
    limits: Limits
    file: Callable[[str], str]
    compile: Callable[[Toolchain], tuple[str, ...]] | None = None
    run: Callable[[Toolchain], tuple[str, ...]] | None = None


COMPILE_LIMITS = Limits(
    cpu_seconds=20,
    wall_seconds=40,
    memory_bytes=2048 * MIB,
    output_bytes=256 * MIB,
    disk_bytes=512 * MIB,
    processes=32,
)
"""Of a compilation: templates may explode, but not a machine."""

CPP_FLAGS = ("-O2", "-std=c++17", "-w", "-pipe")
RUST_FLAGS = ("--edition", "2021", "-C", "opt-level=2", "-C", "strip=symbols", "-A", "warnings")


def cpp_flags(chain: Toolchain) -> tuple[str, ...]:
    """What both programs and the precompiled header are compiled with; it must be the same for both."""
    return (*CPP_FLAGS, "-static") if chain.static else CPP_FLAGS


def _compile_cpp(chain: Toolchain) -> tuple[str, ...]:
    return (chain.executable, *cpp_flags(chain), "-s", "-x", "c++", "-", "-x", "none", "-o", "{work}/prog")


def _compile_rust(chain: Toolchain) -> tuple[str, ...]:
    static = ("-C", "target-feature=+crt-static") if chain.static else ()
    sysroot = str(Path(chain.executable).parents[1])
    return (
        chain.executable, "--sysroot", sysroot, *RUST_FLAGS, *static, "--crate-name", "main",
        "-o", "{work}/prog", "-",
    )  # fmt: skip


def _run_binary(chain: Toolchain) -> tuple[str, ...]:
    return ("{bin}/prog",)


def _run_node(chain: Toolchain) -> tuple[str, ...]:
    return (chain.executable, "{bin}/{file}")


_MODULE = re.compile(
    r"^\s*(?:import\s+(?:[\w*{][^;\n]*\bfrom\s*)?['\"]|export\s+(?:default|const|function|class|\{))",
    re.MULTILINE,
)


def _javascript_file(source: str) -> str:
    """Node tells modules from scripts by the file's name."""
    return "main.mjs" if _MODULE.search(source) else "main.cjs"


LANGUAGES = {
    language.name: language
    for language in (
        Language(
            name="python",
            tags=frozenset({"python", "python3", "py", "py3", "pypy", "pypy3", "python 3"}),
            limits=Limits(memory_bytes=1024 * MIB).with_cpu(5),
            file=lambda source: "main",
        ),
        Language(
            name="javascript",
            tags=frozenset(
                {"javascript", "js", "node", "nodejs", "node.js", "jsx", "mjs", "cjs", "ecmascript"}
            ),
            limits=Limits(memory_bytes=2048 * MIB, memory_kind="data").with_cpu(5),
            file=_javascript_file,
            run=_run_node,
        ),
        Language(
            name="cpp",
            tags=frozenset(
                {"cpp", "c++", "cc", "cxx", "c++11", "c++14", "c++17", "c++20", "cpp17", "cpp20", "hpp"}
            ),
            limits=Limits(memory_bytes=1024 * MIB).with_cpu(3),
            file=lambda source: "prog",
            compile=_compile_cpp,
            run=_run_binary,
        ),
        Language(
            name="rust",
            tags=frozenset({"rust", "rs"}),
            limits=Limits(memory_bytes=1024 * MIB).with_cpu(3),
            file=lambda source: "prog",
            compile=_compile_rust,
            run=_run_binary,
        ),
    )
}
"""The languages by their names."""
