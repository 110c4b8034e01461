"""SFT, DPO and GRPO from beginning to end with a model of random weights: what is written, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import genesys
from small_models import random_model
from training_data import HELD_OUT, curated, grpo_settings, sft_settings

pytest.importorskip("trl")

from transformers import AutoModelForCausalLM, AutoTokenizer

from genesys.errors import ConfigurationError, RunMismatch
from genesys.training.checks.finding import PreflightFailed
from genesys.training.trainers import Kind, TrainingProgress, TrainingReport, read_settings, train
from genesys.training.trainers.assembly import assemble, open_tokenizer
from genesys.training.trainers.curve import read_curve, series
from genesys.training.trainers.material import load_material
from genesys.training.trainers.progress import HELD_OUT as HELD_OUT_NAME
from genesys.training.trainers.trl_arguments import trl_arguments

pytestmark = pytest.mark.xdist_group("training")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return curated(tmp_path_factory.mktemp("data"))


def run(kind: Kind, given: dict[str, Any], *, force: bool = False) -> TrainingReport:
    return train(read_settings(kind, given=given), force=force)


def digest(report: TrainingReport) -> str:
    return hashlib.sha256((report.model / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def grpo(model: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingReport:
    out = tmp_path_factory.mktemp("grpo")
    return run("grpo", grpo_settings(model, out, eval_problems=HELD_OUT, save_steps=1))


def test_grpo_leaves_a_model_that_opens_with_its_tokenizer_and_card(grpo: TrainingReport) -> None:
    AutoModelForCausalLM.from_pretrained(grpo.model)
    assert AutoTokenizer.from_pretrained(grpo.model).chat_template
    card = (grpo.model / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: transformers\nbase_model: ")
    assert "output@1" in card
    assert "string-programs@" in card
    assert not list(grpo.model.glob("*.bin"))


def test_grpo_leaves_a_curve_a_picture_and_samples(grpo: TrainingReport) -> None:
    points = read_curve(grpo.curve)
    assert [step for step, _ in series(points, "reward")] == [1, 2]
    assert [step for step, _ in series(points, HELD_OUT_NAME)] == [0, 2]
    assert grpo.picture.read_text().startswith("<?xml")
    samples = [json.loads(line) for line in (grpo.out / "samples.jsonl").read_text().splitlines()]
    assert {sample["step"] for sample in samples} >= {1, 2}
    assert all("correctness_cause" in sample for sample in samples)
    assert len(list((grpo.out / "completions").glob("*.parquet"))) >= 2


def test_what_is_finished_is_not_done_again(grpo: TrainingReport, model: Path) -> None:
    again = run("grpo", grpo_settings(model, grpo.out, eval_problems=HELD_OUT, save_steps=1))
    assert again.finished_before
    assert again.held_out_after == grpo.held_out_after


def test_another_training_is_refused_with_the_difference(grpo: TrainingReport, model: Path) -> None:
    given = grpo_settings(model, grpo.out, eval_problems=HELD_OUT, learning_rate=2e-3)
    with pytest.raises(RunMismatch, match=r"trl.learning_rate: 0.001 -> 0.002"):
        run("grpo", given)


def test_a_longer_training_goes_on_from_the_last_checkpoint(grpo: TrainingReport, model: Path) -> None:
    given = grpo_settings(model, grpo.out, eval_problems=HELD_OUT, save_steps=1, max_steps=3)
    longer = run("grpo", given)
    assert (longer.resumed_from, longer.steps) == (2, 3)
    assert [step for step, _ in series(read_curve(longer.curve), "reward")] == [1, 2, 3]


def test_a_training_killed_before_its_model_was_saved_has_only_that_left_to_do(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = grpo_settings(model, tmp_path, max_steps=1)
    first = run("grpo", given)
    weights, tables = digest(first), _contents(first.out / "completions")
    shutil.rmtree(first.model)
    capsys.readouterr()
    again = run("grpo", given)
    assert (again.resumed_from, digest(again)) == (1, weights)
    assert _contents(first.out / "completions") == tables
    assert capsys.readouterr().out == ""


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_preflight_stops_and_force_goes_on(model: Path, tmp_path: Path) -> None:
    given = grpo_settings(model, tmp_path, max_completion_length=8, max_steps=1)
    with pytest.raises(PreflightFailed, match="cut_by_max_completion_length"):
        run("grpo", given)
    assert not list(tmp_path.glob("checkpoint-*"))
    warned = run("grpo", given, force=True)
    assert any("cut_by_max_completion_length" in warning for warning in warned.warnings)


def test_held_out_problems_that_are_learned_from_are_said_or_refused(model: Path, tmp_path: Path) -> None:
    problems = "string-programs:level=0,seed=5,size=12"
    given = grpo_settings(model, tmp_path / "all", problems=problems, eval_problems=problems)
    with pytest.raises(ConfigurationError, match="every held-out problem"):
        run("grpo", given)


def test_a_held_out_evaluation_of_sft_changes_no_weight(model: Path, dataset: Path, tmp_path: Path) -> None:
    measured = {
        "env": "genesys/output-prediction-v0",
        "eval_problems": HELD_OUT,
        "eval_max_tokens": 8,
        "eval_every": 1,
    }
    progress = TrainingProgress()
    with_it = train(
        read_settings("sft", given=sft_settings(model, dataset, tmp_path / "with", **measured)),
        progress=progress,
    )
    without = run("sft", sft_settings(model, dataset, tmp_path / "without"))
    assert digest(with_it) == digest(without)
    assert [step for step, _ in series(read_curve(with_it.curve), HELD_OUT_NAME)] == [0, 1, 2]
    assert len(list((with_it.out / "held_out").glob("*.jsonl"))) == 3
    assert (progress.step, progress.steps, progress.held_out) == (2, 2, with_it.held_out_after)


@pytest.mark.parametrize("marked", [True, False])
def test_sft_learns_the_answer_alone(model: Path, dataset: Path, tmp_path: Path, marked: bool) -> None:
    given = sft_settings(model, dataset, tmp_path, assistant_only_loss=marked)
    settings = read_settings("sft", given=given)
    tokenizer = open_tokenizer(settings)
    material = load_material(settings, tokenizer, 0)
    args = trl_arguments(settings, resumed=False)
    trainer = assemble(settings, args, material, tokenizer, TrainingProgress())
    batch = trainer.data_collator([trainer.train_dataset[place] for place in range(3)])
    for labels, row in zip(batch["labels"].tolist(), material.dataset, strict=False):
        learned = tokenizer.decode([token for token in labels if token != -100])
        assert learned == row["completion"][0]["content"] + tokenizer.eos_token


def test_dpo_learns_from_the_curated_pairs(model: Path, dataset: Path, tmp_path: Path) -> None:
    report = run("dpo", sft_settings(model, dataset, tmp_path, beta=0.1, max_steps=3))
    curve = series(read_curve(report.curve), "rewards/margins")
    assert [step for step, _ in curve] == [1, 2, 3]
    assert curve[-1][1] > curve[0][1]


def test_the_command_says_one_object_on_stdout(model: Path, dataset: Path, tmp_path: Path) -> None:
    done = genesys(
        "sft", "--model", model, "--dataset", dataset, "--out", tmp_path / "out", "--steps", 1,
        "--batch-size", 4, "--set", "assistant_only_loss=true", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["kind"], report["steps"]) == ("sft", 1)


def test_wrong_usage_is_named() -> None:
    done = genesys("grpo", "nowhere.toml", "--out", "unused")
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("unused").exists()


def test_a_terminated_training_says_that_it_can_go_on(model: Path, dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable, "-m", "genesys", "sft", "--model", model, "--dataset", dataset, "--out", out,
        "--steps", "100000", "--save-every", "1", "--batch-size", "2",
    ]  # fmt: skip
    child = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True, env=os.environ)
    while not (out / "checkpoint-2").exists() and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate()
    assert child.returncode == 130, said
    assert "same command again" in said
