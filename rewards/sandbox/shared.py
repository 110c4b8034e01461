"""The pool of a process, for verifiers that are called without a grader."""

from __future__ import annotations

import atexit
import os

from genesys.rewards.sandbox.pool import Pool, verify_in_pool

__all__ = ["shared_pool", "verify_in_pool"]

_pools: dict[int, Pool] = {}


def shared_pool() -> Pool:
    """The pool of this process, made on first use and again after a fork, closed at exit."""
    pid = os.getpid()
    if pid not in _pools:
        for parent in _pools.values():
            parent.abandon()
        _pools.clear()
        _pools[pid] = Pool()
        atexit.register(_pools[pid].close)
    return _pools[pid]
