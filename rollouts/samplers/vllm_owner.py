"""Ends vLLM's engine processes when the process that started them is gone.

Killed by SIGKILL, by the kernel for its memory or by a batch system, a harvest leaves vLLM's engine behind:
nothing tells it, and it holds the GPUs' memory that the resumed harvest needs. vLLM loads this module in
each of its processes, as a plugin (entry point `vllm.general_plugins`).
"""

from __future__ import annotations

import os
import threading
import time

OWNER = "GENESYS_VLLM_OWNER"
"""The environment variable with the process id of the sampler, in the processes that it starts."""

_PAUSE = 1.0


def end_with_owner() -> None:
    """Watches the owner from a thread, in a process that a sampler has started; elsewhere does nothing.

    vLLM's workers end with their engine; only the engine's own process is watched over here.
    """
    owner = os.environ.get(OWNER, "")
    if owner and owner == str(os.getppid()):
        threading.Thread(target=_watch, args=(int(owner),), name="genesys-owner", daemon=True).start()


def _watch(owner: int) -> None:
    while os.getppid() == owner:  # an orphan gets another parent
        time.sleep(_PAUSE)
    os._exit(1)  # nobody is left whom an orderly end could serve
