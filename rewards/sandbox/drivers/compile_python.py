"""Compiles the Python source on stdin and writes the marshalled code to stdout. Runs inside the sandbox.

Marshalled code is only ever loaded inside the sandbox again, never by the grader.
"""

from __future__ import annotations

import marshal
import sys
import traceback
import warnings
from typing import Any


def main(settings: dict[str, Any]) -> None:
    """Exits with status 3 where the source does not compile, the words on stderr."""
    warnings.simplefilter("ignore")
    source = sys.stdin.buffer.read()
    try:
        code = compile(source, settings["name"], "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        sys.stderr.write(traceback.format_exception_only(error)[-1])
        sys.exit(3)
    sys.stdout.buffer.write(marshal.dumps(code))


main(globals()["SETTINGS"])
