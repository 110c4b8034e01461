"""Every example runs as its docstring says, and stays short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_models import random_model


def run(example: Path, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, example, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_examples_are_short(root: Path) -> None:
    assert all(len(path.read_text().splitlines()) < 80 for path in (root / "examples").glob("*.py"))


def test_own_loop(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    printed = run(root / "examples" / "own_loop.py", random_model(tmp_path / "model"))
    assert "of 256 right, 0 unscorable" in printed


def test_harvest(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    printed = run(root / "examples" / "harvest.py", tmp_path / "out")
    assert "100 completions, 50 right" in printed
    assert "'sft': 50" in printed
