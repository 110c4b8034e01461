"""A harvest with vLLM in process, through the command line: killed in the middle, resumed, complete."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vLLM is not installed: make vllm", allow_module_level=True)

from genesys.rollouts.run_reader import RunReader

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]

PROBLEMS, N, TOKENS = 150, 4, 100


def command(model: Path, out: Path) -> list[str]:
    options = ("dtype=float32", f"kv_cache_memory_bytes={1 << 28}", "keep_tokens=true")
    return [
        *(sys.executable, "-m", "genesys", "collect", "--json", "--env", "genesys/output-prediction-v0"),
        *("--problems", f"string-programs:level=0,seed=0,size={PROBLEMS}", "--n", str(N)),
        *("--sampler", "vllm", "--model", str(model), "--temperature", "1", "--top-k", "50"),
        *("--max-tokens", str(TOKENS), "--concurrency", "40", "--out", str(out)),
        *(word for option in options for word in ("-o", option)),
    ]


def committed(out: Path) -> dict[str, str]:
    """Response id -> text digest of what a run holds; an id that stands there twice fails."""
    if not (out / "run.json").exists():
        return {}
    table = RunReader(out).table("completions", ["response_id", "text_digest"])
    pairs = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_harvest_killed_in_the_middle_goes_on_where_it_was(random_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    log = tmp_path / "log"
    with log.open("wb") as words:  # a file: the engine's process would hold a pipe open
        child = subprocess.Popen(
            command(random_model, out), stdout=words, stderr=words, start_new_session=True
        )
    until = time.monotonic() + 180
    while len(kept := committed(out)) < 40 and child.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert 40 <= len(kept) < PROBLEMS * N, log.read_text()
    until = time.monotonic() + 60
    while alive(child.pid) and time.monotonic() < until:  # the engine's process sees that its owner is gone
        time.sleep(0.1)
    assert not alive(child.pid)

    resumed = subprocess.run(command(random_model, out), capture_output=True, text=True, check=False)
    assert resumed.returncode == 0, resumed.stderr
    told = json.loads(resumed.stdout)  # one object, and nothing of vLLM's
    assert told["planned"] == PROBLEMS * N
    assert told["before"] >= len(kept)
    assert told["before"] + told["completions"] == PROBLEMS * N
    assert "INFO" not in resumed.stderr

    now = committed(out)
    assert len(now) == PROBLEMS * N
    assert kept.items() <= now.items()
    rows = RunReader(out).table("completions").to_pylist()
    assert all(len(row["token_ids"]) == len(row["logprobs"]) == row["completion_tokens"] for row in rows)
    assert {row["finish_reason"] for row in rows} == {"stop", "length"}
    (verifier,) = RunReader(out).verifier_keys()
    assert RunReader(out).table("scores", verifier=verifier).num_rows == PROBLEMS * N
