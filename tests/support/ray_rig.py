"""A Ray cluster of this machine for tests and benchmarks, and ways to kill what runs on it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genesys.rollouts.cluster.connection import connect, disconnect, ray_module
from genesys.rollouts.cluster.settings import ClusterSettings
from genesys.rollouts.sampler import Sampler, SampleRequest, SamplerSettings

SUPPORT = str(Path(__file__).resolve().parent)
LOCAL = ClusterSettings(address="local", samplers=4, cpus_per_sampler=0.5)


@contextmanager
def ray_cluster() -> Iterator[None]:
    """A cluster of its own, whose actors can import what lies here."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (SUPPORT, before)))
    connect(LOCAL)
    try:
        yield
    finally:
        disconnect()
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def actors(noun: str) -> list[Any]:
    """Handles of the live actors of a pool."""
    ray = ray_module()
    names = sorted(name for name in ray.util.list_named_actors() if name.startswith(f"genesys-{noun}-"))
    return [ray.get_actor(name) for name in names]


def kill_by_ray(noun: str) -> None:
    """Ends the first actor of a pool through Ray."""
    ray_module().kill(actors(noun)[0])


def kill_by_signal(noun: str) -> None:
    """Ends the process of the last actor of a pool, as an operator or the kernel would."""
    os.kill(ray_module().get(actors(noun)[-1].whereabouts.remote()).pid, signal.SIGKILL)


@contextmanager
def killing(*acts: tuple[Callable[[], bool], Callable[[], None]]) -> Iterator[list[int]]:
    """In a thread of its own: waits for each condition, then acts; yields which acts were done."""
    done: list[int] = []
    stop = threading.Event()

    def work() -> None:
        for number, (is_due, act) in enumerate(acts):
            while not is_due():
                if stop.wait(0.005):
                    return
            act()
            done.append(number)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def descendants(pid: int) -> set[int]:
    """All processes below one."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def cluster_below(pid: int) -> set[int]:
    """What computes or decides in the cluster that a process started: samplers, raylet, control service.

    Ray's two agents of a node are left out, which look once a minute whether they are still needed.
    """
    names = ("Sampler", "raylet/raylet", "gcs_server")
    return {one for one in descendants(pid) if any(name in _command(one) for name in names)}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def all_gone(pids: set[int], seconds: float = 60.0) -> bool:
    """Whether processes end within a time; zombies have."""
    until = time.monotonic() + seconds
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True)
class DeadlySettings(SamplerSettings):
    """A sampler whose process dies of one problem.

    Attributes:
        poison: The problem.
    """

    poison: str = ""

    def build(self) -> Sampler:
        """The sampler with that flaw."""
        sampler = super().build()
        sample = sampler.sample

        def deadly(request: SampleRequest) -> Any:
            if request.problem_id == self.poison:
                os.kill(os.getpid(), signal.SIGKILL)
            return sample(request)

        sampler.sample = deadly  # type: ignore[method-assign]  # this one flaw, and all else as it is
        return sampler
