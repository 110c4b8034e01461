"""Calls of the command line on a disk that fails: `Rig`, around the shim and the warm process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from recordings import write_recording

HERE = Path(__file__).resolve().parent
PROBLEMS = "string-programs:level=0,seed=0,size=4"
SAMPLES = 2


def build_shim(folder: Path) -> Path | None:
    """Compiles the shim; None where there is no compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    shim = folder / "fault_shim.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(shim), str(HERE / "fault_shim.c")]
    subprocess.run([*command, "-ldl", "-lpthread"], check=True)
    return shim


@dataclass(frozen=True)
class Called:
    """What a call of the command line came to.

    Attributes:
        status: Its exit status; negative where a signal ended it.
        errors: What it wrote to stderr.
        acknowledged: Rows it said were committed, as "kind key".
        operations: Operations on the disk that it made, where it ended by itself.
    """

    status: int
    errors: str
    acknowledged: frozenset[str]
    operations: int


class Rig:
    """A small harvest that can be run again and again, with a fault in any of its disk operations.

    Args:
        folder: Where its own files lie; the harvests lie elsewhere.
        shim: The shared library of `build_shim`.
    """

    def __init__(self, folder: Path, shim: Path) -> None:
        self.folder = folder
        recording = write_recording(folder / "recording.jsonl", PROBLEMS, SAMPLES, words=200)
        self.collect = [
            "collect", "--env", "genesys/output-prediction-v0", "--problems", PROBLEMS, "--n", str(SAMPLES),
            "--sampler", "recording", "--model", str(recording), "--concurrency", "2",
        ]  # fmt: skip
        paths = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
        self._server = subprocess.Popen(
            [sys.executable, str(HERE / "warm_child.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": paths, "COLUMNS": "200"},
            text=True,
        )

    def call(self, *arguments: object, root: Path, **environment: object) -> Called:
        """Calls the command line.

        Args:
            arguments: Its arguments.
            root: Faults reach only what lies under this folder.
            environment: The shim's settings, without their prefix: `at=7, kind="EIO"`.
        """
        files = self.folder / "call"
        acks, count = self.folder / "acks", self.folder / "count"
        for old in (acks, count):
            old.unlink(missing_ok=True)
        armed = {f"FAULT_{name.upper()}": str(value) for name, value in environment.items()}
        request = {
            "arguments": list(map(str, arguments)),
            "environment": {
                "FAULT_ROOT": str(root),
                "FAULT_ACK": str(acks),
                "FAULT_COUNT": str(count),
                **armed,
            },
            "files": str(files),
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        return Called(
            status=answer["status"],
            errors=files.with_suffix(".err").read_text(),
            acknowledged=frozenset(acks.read_text().splitlines()) if acks.exists() else frozenset(),
            operations=int(count.read_text()) if count.exists() else 0,
        )

    def harvest(self, root: Path, **environment: object) -> Called:
        """Runs the small harvest in a folder of its own, or continues it."""
        return self.call(*self.collect, *self.places(root), root=root, **environment)

    def places(self, root: Path) -> list[str]:
        """Where the harvest goes: the run folder and the spool beside it."""
        return ["--out", str(root / "run"), "--spool", str(root / "spool")]

    def close(self) -> None:
        """Ends the warm process."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
