"""From a source to something that can be run: compiled once, in the sandbox, and remembered by its digest."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from genesys.rewards.sandbox import drivers
from genesys.rewards.sandbox.client import Report, Worker
from genesys.rewards.sandbox.languages import COMPILE_LIMITS, LANGUAGES, cpp_flags
from genesys.rewards.sandbox.limits import MIB, Limits
from genesys.rewards.sandbox.store import put, store
from genesys.rewards.sandbox.task import Task
from genesys.rewards.sandbox.toolchains import Toolchain, toolchain
from genesys.rewards.sandbox.unavailable import SandboxFault
from genesys.schema import digest_of

WORDS_KEPT = 1500
"""Characters of a compiler's words that are kept."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A program's source.

    Attributes:
        language: Its language.
        text: The whole program.
        harness: Whether it is a C++ or Rust program that ends with its tests and must speak the handshake.
    """

    language: str
    text: str
    harness: bool = False


@dataclass(frozen=True, kw_only=True)
class Executable:
    """What can be run.

    Attributes:
        command: The command; empty for Python, which runs in the warm worker.
        files: Its files by name.
        cpu: Seconds that compiling it took; 0 where it was remembered.
    """

    command: tuple[str, ...]
    files: Mapping[str, bytes]
    cpu: float = field(default=0.0, compare=False)

    def task(self, limits: Limits, *, settings: object = None, handshake: bool = False) -> Task:
        """The task of running it."""
        return Task(
            runtime="native" if self.command else "python",
            command=self.command,
            limits=limits,
            files=tuple(self.files),
            settings=json.dumps(settings or {}),
            handshake=handshake,
        )


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A source that does not compile.

    Attributes:
        words: What the compiler said, bounded and free of paths.
        cpu: Seconds it took; 0 where it was remembered.
    """

    words: str
    cpu: float = field(default=0.0, compare=False)


class Builder:
    """Builds programs, and remembers the last of them; shared by all workers of a process.

    Args:
        remembered_bytes: How much of compiled programs is kept.
    """

    def __init__(self, remembered_bytes: int = 256 * MIB) -> None:
        self._room = remembered_bytes
        self._lock = threading.Lock()
        self._built: OrderedDict[str, Executable | Rejected] = OrderedDict()
        self._held = 0

    def build(self, worker: Worker, source: Source) -> Executable | Rejected:
        """Makes a program of a source.

        Raises:
            ToolchainMissing: If its language has no toolchain here.
            SandboxFault: If the sandbox failed.
        """
        chain = toolchain(source.language)
        key = digest_of(chain.digest, source.language, source.harness, source.text)
        with self._lock:
            known = self._built.get(key)
            if known is not None:
                self._built.move_to_end(key)
                return known
        made = _build(worker, chain, source)
        self._remember(key, replace(made, cpu=0.0))
        return made

    def _remember(self, key: str, made: Executable | Rejected) -> None:
        with self._lock:
            if key in self._built:
                return
            self._built[key] = made
            self._held += _size(made)
            while self._held > self._room:
                self._held -= _size(self._built.popitem(last=False)[1])


def _size(made: Executable | Rejected) -> int:
    return 1000 + (sum(map(len, made.files.values())) if isinstance(made, Executable) else len(made.words))


def _build(worker: Worker, chain: Toolchain, source: Source) -> Executable | Rejected:
    language = LANGUAGES[source.language]
    if source.language == "python":
        return compile_python(worker, source.text)
    assert language.run is not None  # every language but Python has a command
    name = language.file(source.text)
    command = tuple(word.replace("{file}", name) for word in language.run(chain))
    if language.compile is None:
        return Executable(command=command, files={name: source.text.encode("utf-8", "surrogatepass")})
    report = _run_compiler(worker, _compile_command(worker, chain, source), source.text)
    if report.status != 0 or not report.collected:
        return Rejected(words=_words(report), cpu=report.cpu)
    return Executable(command=command, files={"prog": report.collected}, cpu=report.cpu)


def compile_python(worker: Worker, text: str, name: str = "main.py") -> Executable | Rejected:
    """Compiles Python in the sandbox: a hostile source may crash a compiler."""
    task = Task(
        runtime="python",
        limits=COMPILE_LIMITS,
        files=("main",),
        settings=json.dumps({"name": name}),
        compiles=True,
    )
    source = text.encode("utf-8", "surrogatepass")
    (report,) = worker.run(task, [drivers.code("compile_python.py")], [source])
    if report.status != 0 or report.stopped or not report.stdout:
        return Rejected(words=_words(report), cpu=report.cpu)
    return Executable(command=(), files={"main": report.stdout}, cpu=report.cpu)


def _run_compiler(worker: Worker, command: tuple[str, ...], text: str, collect: str = "prog") -> Report:
    library_path = {"LD_LIBRARY_PATH": command[2] + "/lib"} if command[1] == "--sysroot" else {}
    task = Task(
        runtime="native",
        command=command,
        limits=COMPILE_LIMITS,
        compiles=True,
        collect=collect,
        environment=library_path,
    )
    (report,) = worker.run(task, [], [text.encode("utf-8", "surrogatepass")])
    if report.stderr.startswith(b"sandbox: "):
        raise SandboxFault(report.stderr.decode("utf-8", "replace"))
    return report


_PRECOMPILED = re.compile(r"\A(?:\s|//[^\n]*\n|/\*.*?\*/)*#\s*include\s*<bits/stdc\+\+\.h>", re.DOTALL)


def _compile_command(worker: Worker, chain: Toolchain, source: Source) -> tuple[str, ...]:
    language = LANGUAGES[source.language]
    assert language.compile is not None  # only compiled languages come here
    command = language.compile(chain)
    if source.language == "cpp" and _PRECOMPILED.match(source.text):
        command = (*command, "-I", f"{{store}}/{_precompiled_header(worker, chain)}")
    if source.harness:
        command = (
            *command,
            *_linked(source, f"{{store}}/{_harness_runner(worker, source.language)}", "-Wl,--wrap=main"),
        )
    if source.language == "rust" and worker.level != "namespaces":
        # rustc's own linker looks for itself by its real path, which may lie in a home of root's
        command = (*command, *_linked(source, "-fuse-ld=bfd"))
    return command


def _linked(source: Source, *arguments: str) -> tuple[str, ...]:
    """Arguments of the link step, as each compiler takes them."""
    if source.language == "rust":
        return tuple(word for argument in arguments for word in ("-C", f"link-arg={argument}"))
    return arguments


def _precompiled_header(worker: Worker, chain: Toolchain) -> str:
    """The folder of the store that holds <bits/stdc++.h> precompiled: a quarter of the time to compile."""
    folder = f"cpp-{chain.digest}"
    if not (store() / folder / "bits" / "stdc++.h.gch").exists():
        command = (chain.executable, *cpp_flags(chain), "-x", "c++-header", "-", "-o", "{work}/header.gch")
        report = _run_compiler(worker, command, "#include <bits/stdc++.h>\n", collect="header.gch")
        if report.collected:
            put(f"{folder}/bits/stdc++.h.gch", report.collected)
        put(f"{folder}/bits/stdc++.h", b"#include_next <bits/stdc++.h>\n")
    return folder


def _harness_runner(worker: Worker, language: str) -> str:
    """The object of the store that wraps the main of harness tests."""
    chain = toolchain("cpp")
    source = drivers.text("harness_runner.c")
    name = f"runner-{language}-{digest_of(source, chain.digest, bits=64)}.o"
    if not (store() / name).exists():
        own = ("-DOWN_ASSERT",) if language == "cpp" else ()
        command = (chain.executable, "-O1", *own, "-x", "c", "-c", "-", "-o", "{work}/runner.o")
        report = _run_compiler(worker, command, source, collect="runner.o")
        if not report.collected:
            raise SandboxFault(f"the harness runner does not compile: {_words(report)}")
        put(name, report.collected)
    return name


_PATHS = re.compile(r"(?:/[\w.+-]+){2,}/?")


def _words(report: Report) -> str:
    """What a compiler said, without paths of this machine and addresses."""
    if report.stopped or report.status < 0:
        return "compiling it exceeded the compiler's limits"
    return _PATHS.sub("…", report.stderr.decode("utf-8", "replace"))[:WORDS_KEPT]
