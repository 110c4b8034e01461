"""A real server of the S3 protocol on loopback (moto), for tests; they skip where it is not installed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

import pytest

BUCKET = "harvests"


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """Starts it with one bucket; yields the environment that makes every S3 client use it."""
    for module in ("moto", "flask", "s3fs"):
        if find_spec(module) is None:
            pytest.skip(f'needs {module}: pip install s3fs "moto[s3]" flask flask-cors')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        _wait(port, server)
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            s3fs = import_module("s3fs")

            s3fs.S3FileSystem(skip_instance_cache=True).mkdir(BUCKET)
            yield environment
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
    finally:
        server.kill()
        server.wait()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"moto's server ended with {server.returncode}")
