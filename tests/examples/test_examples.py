"""Every example runs as its docstring says, and stays short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from small_models import random_model
from training_data import curated


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


def test_train_grpo(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    run(
        root / "examples" / "train_grpo.py", "--cpu", "--model", random_model(tmp_path / "model"),
        "--env", "genesys/output-prediction-v0", "--problems", "string-programs:level=0,size=50",
        "--max-tokens", 20, "--steps", 1, "--out", tmp_path / "out",
    )  # fmt: skip
    assert (tmp_path / "out" / "model" / "model.safetensors").is_file()


def test_train_sft(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    run(
        root / "examples" / "train_sft.py", curated(tmp_path / "data"), "--cpu",
        "--model", random_model(tmp_path / "model", context=512), "--max-length", 256, "--epochs", 1,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert (tmp_path / "out" / "model" / "model.safetensors").is_file()
