"""Programs of ours that run inside the sandbox, beside or around a submission."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent


@cache
def text(name: str) -> str:
    """The source of a driver, such as `"harness.cjs"`."""
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def code(name: str) -> bytes:
    """A Python driver, compiled and marshalled as the sandbox runs it."""
    import marshal

    return marshal.dumps(compile(text(name), name, "exec", dont_inherit=True))
