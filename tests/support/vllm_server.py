"""vLLM's own OpenAI server with a tiny model, on loopback, for tests.

    def test_something(vllm_server: VllmServer) -> None:
        Endpoint(url=vllm_server.url)     # http://127.0.0.1:PORT/v1; the model is called vllm_server.model

The fixture `vllm_server` (registered by tests/conftest.py) starts it once a session and ends it; tests that use
it skip where vLLM is not installed, and belong to the xdist group "vllm-server", so that there is one.

The model says random things of the right form: chat template, `n`, seeds, log-probabilities, token ids and
JSON schemas work; what it says makes no sense.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import small_models

READY_WITHIN = 400.0
"""Seconds for the server to come up: 40 on an idle machine with two cores, 180 on a crowded one."""

QUIET = {
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
}

# A seeded request whose prompt is read in pieces ends vLLM's engine on a CPU, hence no chunked prefill.
ARGUMENTS = (
    *("--served-model-name", "tiny", "--dtype", "float32", "--gpu-memory-utilization", "0.2"),
    *("--enforce-eager", "--no-enable-chunked-prefill", "--disable-log-stats"),
    *("--structured-outputs-config", json.dumps({"backend": "xgrammar", "disable_any_whitespace": True})),
)


@dataclass(frozen=True)
class VllmServer:
    """A running server.

    Attributes:
        url: Its base, ending in /v1.
        model: What it calls its model.
        folder: The model's folder.
        pid: Its process, which leads a process group of its own.
    """

    url: str
    model: str
    folder: Path
    pid: int


@contextmanager
def serving(
    folder: Path, log: Path, *, port: int | None = None, extra: Sequence[str] = ()
) -> Iterator[VllmServer]:
    """Runs vLLM's server on a model folder until the block ends.

    Args:
        folder: The model.
        log: Where its output goes.
        port: The port, or None for a free one.
        extra: More arguments of the server.

    Raises:
        RuntimeError: If it is not ready in time; with the end of its output.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), *ARGUMENTS, *extra]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=QUIET | os.environ, start_new_session=True
        )
    try:
        _wait(process, port, log)
        yield VllmServer(f"http://127.0.0.1:{port}/v1", "tiny", folder, process.pid)
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and the processes of its engine."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what the engine may have left


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def vllm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """The server, one for the session."""
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vLLM is not installed: make vllm")
    folder = tmp_path_factory.mktemp("vllm")
    model = small_models.random_model(folder / "model", context=16_384)
    with serving(model, folder / "server.log") as server:
        yield server


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    raise RuntimeError(f"vLLM's server is not ready:\n{log.read_text(errors='replace')[-4000:]}")
