"""A real run under the plain library and then under our verifier: only what is missing is verified, and the
rebuilt dataset differs exactly by the flips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command_line import genesys

pytestmark = pytest.mark.slow


def told(*arguments: object) -> dict[str, Any]:
    done = genesys(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_rebuilt_dataset_differs_exactly_by_the_flips(shared: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    file = shared / "data" / "real" / "responses" / "nemo_skills_rs.jsonl.gz"
    responses = told("import", file, "--out", run)["responses"]
    assert told("score", run, "--verifier", "math-verify")["verified"] == responses == 84
    assert told("score", run, "--verifier", "math")["verified"] == responses
    assert told("score", run, "--verifier", "math-verify")["verified"] == 0

    found = told("diff", run, "--from", "math-verify", "--to", "math", "--samples", 99)
    assert sum(sum(row.values()) for row in found["matrix"].values()) == responses
    flips = {one["response_id"]: (one["was"], one["now"]) for one in found["samples"]}
    assert len(flips) == found["flips"] > 0

    kept: dict[str, set[str]] = {}
    for verifier in ("math-verify", "math"):
        told("curate", run, "--verifier", verifier, "--out", tmp_path / verifier)
        kept[verifier] = set(
            pq.read_table(tmp_path / verifier / "sft", columns=["response_id"]).column(0).to_pylist()
        )
    sft = next(change for change in found["sets"] if change["output"] == "sft")
    assert kept["math"] - kept["math-verify"] == {one for (one,) in sft["entered"]}
    assert kept["math-verify"] - kept["math"] == {one for (one,) in sft["left"]}
    assert all(flips[one][1] == "right" for (one,) in sft["entered"])
    assert all(flips[one][0] == "right" for (one,) in sft["left"])
