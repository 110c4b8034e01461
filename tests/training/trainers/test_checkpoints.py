"""Whole checkpoints are found, torn ones are not, and saves fall on boundaries."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from safetensors.torch import save_file
from transformers import TrainerControl, TrainerState, TrainingArguments

from genesys.training.prompt_count import prompts_needed
from genesys.training.trainers.checkpoints import BoundarySaves, last_checkpoint
from genesys.training.trainers.prompt_order import in_order


def checkpoint(out: Path, step: int) -> Path:
    folder = out / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    save_file({"weights": torch.zeros(100)}, folder / "model.safetensors")
    torch.save({"state": torch.zeros(100)}, folder / "optimizer.pt")
    torch.save({"cpu": 1}, folder / "rng_state.pth")
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    return folder


@pytest.mark.parametrize("file", ["trainer_state.json", "model.safetensors", "optimizer.pt", "rng_state.pth"])
def test_a_torn_checkpoint_is_removed_and_the_one_before_is_taken(tmp_path: Path, file: str) -> None:
    first, second = checkpoint(tmp_path, 5), checkpoint(tmp_path, 10)
    whole = (second / file).read_bytes()
    assert last_checkpoint(tmp_path) == second
    (second / file).write_bytes(whole[: len(whole) // 2])
    assert last_checkpoint(tmp_path) == first
    assert not second.exists()


def test_without_a_checkpoint_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-3").mkdir()
    assert last_checkpoint(tmp_path) is None


def saved_at(every: int, wanted: set[int], steps: int, batches: int | None = None) -> list[int]:
    callback, saved = BoundarySaves(every), list[int]()
    args = TrainingArguments(output_dir="unused", use_cpu=True, report_to="none")
    state, control = TrainerState(), TrainerControl()
    for step in range(1, steps + 1):
        state.global_step, control.should_save = step, step in wanted
        callback.on_step_end(args, state, control, train_dataloader=range(batches or 10**6))
        saved += [step] if control.should_save else []
    return saved


def test_a_save_within_a_generation_is_put_off_to_its_end() -> None:
    assert saved_at(4, {1, 6, 8}, 12) == [4, 8]
    assert saved_at(1, {3, 5}, 6) == [3, 5]


def test_boundaries_count_within_an_epoch() -> None:
    assert saved_at(2, {2, 5}, 6, batches=3) == [2, 5]  # the second epoch begins after step 3


class Rows(list[int]):
    def select(self, indices: list[int]) -> Rows:
        return Rows(self[place] for place in indices)


def arguments(**changes: Any) -> Any:
    values = {
        "generation_batch_size": 8,
        "num_generations": 4,
        "steps_per_generation": 2,
        "num_iterations": 1,
        "gradient_accumulation_steps": 1,
        "max_steps": 9,
        "num_train_epochs": 3.0,
        "shuffle_dataset": True,
    }
    return SimpleNamespace(**values | changes)


def test_the_order_holds_a_permutation_of_each_epoch_and_grows_at_its_end() -> None:
    rows: Any = Rows(range(5))
    short, long = (in_order(rows, arguments(max_steps=steps), seed=1) for steps in (9, 40))
    assert len(short) == 10
    assert sorted(short[:5]) == sorted(short[5:10]) == list(range(5))
    assert short[:5] != short[5:10]
    assert long[: len(short)] == short
    assert in_order(rows, arguments(), seed=2) != short
    assert in_order(rows, arguments(shuffle_dataset=False), seed=1)[:5] == list(range(5))


def test_epochs_are_whole_generations() -> None:
    assert prompts_needed(5, arguments(max_steps=-1, num_train_epochs=1.0)) == 6
    assert prompts_needed(6, arguments(max_steps=-1, num_train_epochs=2.0)) == 12
