"""What a harvest says to Weights & Biases: offline, with the real package."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import collect
from runs import make_completion, make_problem

from genesys.rollouts.progress import Progress
from genesys.rollouts.wandb_log import metrics
from genesys.schema import Verdict


def _progress() -> Progress:
    progress, problem = Progress(cost=1.5, failed=2), make_problem(1)
    progress.committed(make_completion(problem, completion_tokens=100))
    progress.committed(make_completion(problem, 1, completion_tokens=300, finish_reason="length"))
    progress.committed(make_completion(problem, 2, completion_tokens=200, finish_reason="repetition"))
    for verdict in (Verdict.right(), Verdict.wrong("truncated"), Verdict.unscorable("needs_judge")):
        progress.verified_one(problem, verdict)
    return progress


def test_the_metrics_are_those_a_harvest_is_watched_by() -> None:
    found = metrics(_progress())
    assert found["harvest/completions"] == 3
    assert found["harvest/tokens"] == 600
    assert found["harvest/mean_length"] == 200
    assert found["harvest/truncated_share"] == found["harvest/repetition_share"] == pytest.approx(1 / 3)
    assert found["pass_rate/test"] == 0.5
    assert (found["causes/truncated"], found["causes/needs_judge"]) == (1, 1)
    assert (found["harvest/cost"], found["errors/failed_samples"]) == (1.5, 2)


def test_what_nobody_knows_yet_is_left_out() -> None:
    assert "harvest/pass_rate" not in metrics(Progress())
    assert "harvest/cost" not in metrics(Progress())


def test_a_harvest_is_logged_offline_and_ends_as_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    done = collect(tmp_path, "--wandb", "harvests", "--json")
    assert done.returncode == 0, done.stderr
    assert '"completions": 40' in done.stdout
    (written,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    assert b"pass_rate/arithmetic" in written.read_bytes()


def test_without_the_flag_wandb_is_not_imported(tmp_path: Path) -> None:
    assert collect(tmp_path).returncode == 0
    assert not (tmp_path / "wandb").exists()
