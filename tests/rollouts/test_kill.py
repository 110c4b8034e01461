"""A harvest killed at random moments ends as if nothing had happened."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from recordings import write_recording
from runs import content
from small_models import random_model

from genesys.rollouts.fsck import fsck_run
from genesys.rollouts.merging import merge
from genesys.rollouts.run_reader import RunReader


def start(settings: dict[str, Any], out: Path, root: Path) -> subprocess.Popen[str]:
    path = out.with_suffix(".json")
    path.write_text(json.dumps(settings))
    command = [sys.executable, str(root / "tests" / "support" / "harvest_child.py"), str(path), str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def begun(out: Path) -> int:
    log = out / "log.jsonl"
    return log.read_text().count('"collect"') if log.exists() else 0


def kill_once(settings: dict[str, Any], out: Path, root: Path, delay: float) -> bool:
    """Starts the harvest and kills it so many seconds after it began; False if it had ended."""
    before = begun(out)
    child = start(settings, out, root)
    while begun(out) == before and child.poll() is None:
        time.sleep(0.002)
    time.sleep(delay)
    ended = child.poll() is not None
    child.send_signal(signal.SIGKILL)
    child.communicate()
    return not ended


def committed(out: Path) -> set[tuple[str, str]]:
    table = RunReader(out).table("completions", ["response_id", "text_digest"])
    pairs = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    assert len(pairs) == len(set(pairs))
    return set(pairs)


def kill_and_compare(
    settings: dict[str, Any], kills: int, longest: float, tmp_path: Path, root: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(settings, whole, root).wait() == 0
    rng = random.Random(7)
    seen: set[tuple[str, str]] = set()
    for _ in range(kills):
        assert kill_once(settings, killed, root, rng.uniform(0, longest)), "make the harvest longer"
        now = committed(killed)
        assert seen <= now, "a committed completion was lost"
        seen = now
    assert seen, "no kill came late enough to find anything committed"
    assert start(settings, killed, root).wait() == 0
    (verifier,) = RunReader(whole).verifier_keys()
    for kind, key in (("problems", None), ("completions", None), ("scores", verifier)):
        assert content(killed, kind, key) == content(whole, kind, key)
    assert pc.count_distinct(RunReader(killed).table("completions")["response_id"]).as_py() == len(
        committed(whole)
    )
    assert fsck_run(killed).findings == []
    for run in (whole, killed):
        merge([run], run.with_suffix(".canonical"), canonical=True)
    assert files_of(killed.with_suffix(".canonical")) == files_of(whole.with_suffix(".canonical"))


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_fifty_kills_of_a_recording(tmp_path: Path, root: Path) -> None:
    problems = "string-programs:level=0,seed=0,size=6000"
    settings = {
        "env_id": "genesys/output-prediction-v0",
        "problems": problems,
        "sampler": "recording",
        "model": str(write_recording(tmp_path / "recording.jsonl", problems, 4)),
        "n": 4,
        "part_characters": 200_000,  # so that kills meet parts being written, too
    }
    kill_and_compare(settings, 50, 0.3, tmp_path, root)


@pytest.mark.slow
def test_five_kills_of_a_language_model(tmp_path: Path, root: Path) -> None:
    pytest.importorskip("torch")
    settings = {
        "env_id": "genesys/output-prediction-v0",
        "problems": "string-programs:level=0,seed=0,size=800",
        "sampler": "transformers",
        "model": str(random_model(tmp_path / "model")),
        "sampling": {"max_tokens": 24},
        "options": {"batch_size": 32},
        "n": 2,
    }
    kill_and_compare(settings, 5, 2.0, tmp_path, root)
