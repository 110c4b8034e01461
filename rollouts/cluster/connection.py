"""The connection to a Ray cluster, shared by all of this process that use it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from genesys.errors import ConfigurationError, GenesysError
from genesys.optional import require
from genesys.rollouts.cluster.settings import ClusterSettings

logger = logging.getLogger(__name__)

OBJECT_STORE_BYTES = 256 * 2**20
"""Of a cluster that is started here: samples pass through it, and none stays."""

LOOK_SECONDS = 10.0
"""How long an address may take to be reached at all."""

_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}

_lock = threading.Lock()
_users = 0
_is_ours = False


def ray_module() -> ModuleType:
    """Ray itself.

    Raises:
        MissingExtra: If it is not installed.
    """
    return require("ray", extra="ray", feature="--cluster ray")


def connect(settings: ClusterSettings) -> None:
    """Connects this process, or starts a cluster on this machine; each call is matched by a `disconnect`.

    Raises:
        MissingExtra: If Ray is not installed.
        ConfigurationError: If no cluster answers at the address.
    """
    global _users, _is_ours
    with _lock:
        ray = ray_module()
        if not _users and not ray.is_initialized():
            _init(ray, settings)
            _is_ours = True
        _users += 1


def disconnect() -> None:
    """Lets go of the connection; the last one ends it, and with it a cluster that was started here."""
    global _users, _is_ours
    with _lock:
        _users -= 1
        if not _users and _is_ours:
            _is_ours = False
            ray_module().shutdown()


def resources() -> dict[str, float]:
    """What the cluster has: "CPU", "GPU" and others."""
    found: dict[str, float] = ray_module().cluster_resources()
    return found


def nodes() -> list[dict[str, Any]]:
    """The nodes that are alive."""
    return [node for node in ray_module().nodes() if node["Alive"]]


def is_started_here(settings: ClusterSettings) -> bool:
    """Whether the settings mean a new cluster on this machine."""
    return _address(settings) == "local"


def cause_of(error: BaseException) -> BaseException:
    """What an actor's method raised, out of what Ray wraps it in."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, BaseException) else error


def told_again(error: GenesysError) -> GenesysError:
    """An error for one more taker, without the traceback of another machine."""
    return type(error)(error.fault, error.remedy)


def _address(settings: ClusterSettings) -> str:
    return settings.address or os.environ.get("RAY_ADDRESS") or "local"


def _init(ray: ModuleType, settings: ClusterSettings) -> None:
    address = _address(settings)
    own: dict[str, Any] = {}
    if address == "local":
        wanted = (settings.samplers or 1) * settings.cpus_per_sampler
        own = {
            "num_cpus": max(os.cpu_count() or 1, int(wanted + 0.999)),
            "object_store_memory": OBJECT_STORE_BYTES,
            "include_dashboard": False,
        }
    _look(address)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    _silence(ray)
    try:
        with _own_signals():
            ray.init(
                address=address,
                log_to_driver=False,
                configure_logging=False,
                **own,
            )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _unreachable(address, error) from error


def _look(address: str) -> None:
    """Finds out at once that nobody listens, which Ray takes minutes for."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=LOOK_SECONDS).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"no Ray cluster answers at {address!r}: {str(error).splitlines()[0] if str(error) else error!r}",
        "`ray status` on a node of the cluster says how it is; --ray-address local starts one here.",
    )


def _silence(ray: ModuleType) -> None:
    """Keeps Ray off the screen: it prints what the cluster tells it on stdout, where results go."""
    logging.getLogger("ray").setLevel(logging.ERROR)
    ray._private.worker._worker_logs_enabled = False  # there is no public switch for these


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keeps the handler of SIGTERM, which Ray would replace by one that exits at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, handler)
