"""The model learns: `genesys demo --train` and the example of a task type of one's own, a little shorter.

The base is made here with fewer steps than the demo's, and GRPO takes fewer of smaller batches; `genesys
demo --train` itself takes the demo's model (docs/training.md has the figures).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")

from training_data import curated

from genesys.cli import demo_train
from genesys.training.tiny_model import Recipe, make_tiny_model

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("training")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "model"
    return make_tiny_model(folder, recipe=Recipe(worked_steps=180, steps=260)).folder


def test_every_branch_beats_the_base_on_problems_that_no_training_saw(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorter = {"max_steps": 10, "per_device_train_batch_size": 128}
    monkeypatch.setattr(demo_train, "GRPO", demo_train.GRPO | shorter)
    dataset = curated(tmp_path / "data", "string-programs:level=0,seed=0,size=128")
    start, *branches = demo_train.train_branches(base, tmp_path / "out", dataset, seed=0, seeds=1)
    assert [branch.name for branch in branches] == ["sft", "grpo", "sft then grpo"]
    assert start.score < 0.5
    assert all(branch.gain > 0.2 for branch in branches), branches
    assert all(branch.low <= branch.score <= branch.high for branch in branches)
    assert (tmp_path / "out" / "curves.svg").is_file()
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [branch["score"] for branch in report["branches"]] == [
        branch.score for branch in (start, *branches)
    ]
    _no_training_saw_what_is_held_out(tmp_path / "out", dataset)


def _no_training_saw_what_is_held_out(out: Path, dataset: Path) -> None:
    from genesys.training import sft_dataset

    def prompts(name: str) -> set[str]:
        return {json.loads(line)["prompt"] for line in (out / f"{name}.jsonl").read_text().splitlines()}

    held_out = prompts("held-out")
    assert len(held_out) == demo_train.HELD_OUT
    assert not held_out & prompts("problems")
    assert not held_out & {row["prompt"][0]["content"] for row in sft_dataset(dataset)}


def test_a_task_type_of_ones_own_is_collected_curated_and_trained(
    root: Path, base: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, root / "examples" / "custom_environment.py", tmp_path / "out", base],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = re.search(r"(\d+) kept for SFT; reward (\S+) -> (\S+)", done.stdout)
    assert said is not None
    assert int(said[1]) > 0
    assert float(said[3]) > float(said[2])
