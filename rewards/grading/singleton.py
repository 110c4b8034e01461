"""The grader of this process.

There is one in a process: made when first asked for, made anew after a fork, closed at exit.
"""

from __future__ import annotations

import atexit
import os
import threading

from genesys.rewards.grading.grader import Grader, abandon_all

_grader: Grader | None = None
_lock = threading.Lock()


def grader() -> Grader:
    """The grader of this process."""
    global _grader
    if _grader is None:
        with _lock:
            if _grader is None:
                _grader = Grader()
    return _grader


def _close() -> None:
    if _grader is not None:
        _grader.close()


def _forget_after_fork() -> None:
    """The parent's thread does not exist in a forked child, and its lock may be held for ever."""
    global _grader, _lock
    abandon_all()
    _grader, _lock = None, threading.Lock()


atexit.register(_close)
os.register_at_fork(after_in_child=_forget_after_fork)
