"""Checkers of other judges as checkers of ours.

open-r1/codeforces has Python programs that are called as `checker.py INPUT CORRECT SUBMITTED` and print a
score from 0 to 1, of which 1 alone is right; ours reads `{"input", "output", "expected"}` from stdin and ends with 42 for right and 43 for wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ADAPTER = """
import io as _io, json as _json, runpy as _runpy, sys as _sys
_asked = _json.loads(_sys.stdin.read())
for _name, _key in (("input.txt", "input"), ("correct.txt", "expected"), ("submitted.txt", "output")):
    with open(_name, "w") as _file:
        _file.write(_asked[_key])
with open("their_checker.py", "w") as _file:
    _file.write({source!r})
_sys.argv = ["their_checker.py", "input.txt", "correct.txt", "submitted.txt"]
_said, _sys.stdout = _sys.stdout, _io.StringIO()
_status = 0
try:
    _runpy.run_path("their_checker.py", run_name="__main__")
except SystemExit as _ended:
    _status = _ended.code or 0
_lines = _sys.stdout.getvalue().strip().splitlines() or [""]
_sys.stdout = _said
try:
    _right = float(_lines[-1]) == 1.0
except ValueError:
    _right = _lines[-1].strip().lower() in ("true", "ok", "ac", "accepted", "correct")
_sys.exit(42 if _right and _status == 0 else 43)
"""


def adapted_checker(checker: object) -> dict[str, Any] | None:
    """A checker of ours, or one that runs the other as its judge would; None where there is none."""
    if isinstance(checker, Mapping):
        return dict(checker)
    if not isinstance(checker, str) or not checker.strip():
        return None
    return {"language": "python", "code": _ADAPTER.format(source=checker)}
