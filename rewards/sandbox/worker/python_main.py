"""What a warm Python test process does after its fork: become `python3 main.py` and nothing else."""

from __future__ import annotations

import builtins
import io
import json
import marshal
import os
import signal
import sys
import types
from pathlib import Path
from typing import Any, NoReturn

PRELOADED = (
    "abc", "array", "ast", "bisect", "cmath", "collections", "collections.abc", "copy", "dataclasses",
    "datetime", "decimal", "enum", "fractions", "functools", "heapq", "itertools", "json", "math",
    "operator", "random", "re", "statistics", "string", "threading", "time", "traceback", "typing",
)  # fmt: skip
"""Modules that solutions import: loaded once in the worker and shared by every fork."""


def warm_up() -> None:
    """Loads what solutions import, and what `site` gives the interactive names (exit, quit)."""
    import importlib
    import site

    site.setquit()
    for name in PRELOADED:
        importlib.import_module(name)


def _fresh_streams() -> None:
    """Standard streams on descriptors 0 to 2, as a new interpreter has them."""

    def text(raw: Any, **options: Any) -> io.TextIOWrapper:
        return io.TextIOWrapper(raw, encoding="utf-8", **options)

    stdin = io.BufferedReader(io.FileIO(0, "r", closefd=False))
    stdout = io.BufferedWriter(io.FileIO(1, "w", closefd=False))
    stderr = io.FileIO(2, "w", closefd=False)  # unbuffered
    sys.stdin = sys.__stdin__ = text(stdin, errors="surrogateescape")  # type: ignore[misc]  # Final in typeshed
    sys.stdout = sys.__stdout__ = text(stdout, errors="surrogateescape")  # type: ignore[misc]  # Final in typeshed
    sys.stderr = sys.__stderr__ = text(stderr, errors="backslashreplace", write_through=True)  # type: ignore[misc]  # Final in typeshed


def _fresh_main(settings: str, files: dict[str, bytes]) -> dict[str, Any]:
    """A new `__main__` module; a driver finds its settings and files in it."""
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    if settings != "{}":
        module.__dict__["SETTINGS"] = json.loads(settings)
        module.__dict__["FILES"] = files
    return module.__dict__


def _exit_status(error: SystemExit) -> int:
    """The exit status of an interpreter that ends with SystemExit."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


def _shut_down() -> int:
    """What an interpreter does at its end: join threads, run exit functions, flush."""
    import atexit
    import threading

    threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter's own exit calls
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return 0


def run(program: bytes, files: dict[str, bytes], settings: str) -> NoReturn:
    """Runs a marshalled code object as the main program and ends the process.

    Args:
        program: `marshal.dumps` of the code.
        files: Further blobs by their names.
        settings: JSON; anything but an empty object makes the program a driver.
    """
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXCPU, signal.SIGXFSZ):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as the interpreter does: BrokenPipeError
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    status = 0
    try:
        _fresh_streams()
        sys.argv = ["main.py"]
        sys.path.insert(0, str(Path.cwd()))
        names = _fresh_main(settings, files)
        exec(marshal.loads(program), names)  # noqa: S102  (to run programs is what this process is for)
    except SystemExit as error:
        status = _exit_status(error)
    except BaseException as error:  # noqa: BLE001  (whatever a program raises is its end)
        import traceback

        own = error.__traceback__  # this frame; the program's begin below it
        traceback.print_exception(type(error), error, own and own.tb_next, limit=-8)
        status = 1
    try:
        _shut_down()
    except BaseException:  # noqa: BLE001  (exit functions are the program's as well)
        status = status or 120
    os._exit(status)
