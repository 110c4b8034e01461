"""The command line as a person calls it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from recordings import write_recording

PROBLEMS = "arithmetic:level=1,seed=0,size=20"


def genesys(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from genesys.cli import main; main()", *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", **environment},
        check=False,
    )


def collect(tmp_path: Path, *more: object) -> subprocess.CompletedProcess[str]:
    recording = tmp_path / "recording.jsonl"
    if not recording.exists():
        write_recording(recording, PROBLEMS, 2)
    return genesys(
        "collect", "--env", "genesys/math-v0", "--problems", PROBLEMS, "--sampler", "recording",
        "--model", recording, "--n", 2, "--out", tmp_path / "run", *more,
    )  # fmt: skip
