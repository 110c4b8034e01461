"""A training that is killed and resumed ends with the weights of an uninterrupted one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_models import random_model
from training_data import curated

pytest.importorskip("trl")


@pytest.fixture(scope="module")
def compared(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("resume")
    done = subprocess.run(
        [
            sys.executable,
            root / "tests" / "support" / "training_child.py",
            random_model(folder / "model"),
            curated(folder / "data"),
            folder / "out",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["grpo", "sft"])
def test_killed_and_resumed_is_as_if_uninterrupted(compared: dict[str, Any], kind: str) -> None:
    found = compared[kind]
    assert found["ended"] == [0, -signal.SIGKILL, -signal.SIGKILL, 0]
    assert found["killed"] == found["whole"]
    assert found["first"] != found["whole"]  # so that there was something to lose
    assert found["curves"][0] == found["curves"][1]
