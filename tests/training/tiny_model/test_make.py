"""A folder that is there in whole or not at all, and the same bytes from the same seed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from genesys.errors import ConfigurationError, StorageError
from genesys.rollouts.sampler import SampleRequest
from genesys.rollouts.samplers.transformers_sampler import TransformersSampler
from genesys.schema import Sampling
from genesys.training.tiny_model import Recipe, make_tiny_model, tiny_model_cached
from genesys.training.tiny_model import make as making
from genesys.training.tiny_model.__main__ import main

FEW = Recipe(steps=3, worked_steps=1, batch_size=4)


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        torch.rand(3)  # a global random state that moved is no reason to differ
        make_tiny_model(tmp_path / name, seed=5, recipe=FEW)
    make_tiny_model(tmp_path / "other", seed=6, recipe=FEW)
    first = digests(tmp_path / "first")
    assert first == digests(tmp_path / "second")
    assert {"model.safetensors", "tokenizer.json", "generation_config.json", "training.json"} <= set(first)
    assert first["model.safetensors"] != digests(tmp_path / "other")["model.safetensors"]


def test_torch_is_left_as_it_was(tmp_path: Path) -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    make_tiny_model(tmp_path / "model", recipe=FEW)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)


def test_progress_and_report_tell_the_steps(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    report = make_tiny_model(
        tmp_path / "model", recipe=FEW, progress=lambda step, total, loss: steps.append((step, total))
    )
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert report.folder == tmp_path / "model"
    assert report.bytes == sum(file.stat().st_size for file in report.folder.iterdir())
    record = json.loads((report.folder / "training.json").read_text())
    assert record["recipe"]["steps"] == report.steps == 3
    assert record["loss"] == pytest.approx(report.loss, abs=1e-6)


def test_the_sampler_samples_from_it(tmp_path: Path) -> None:
    make_tiny_model(tmp_path / "model", recipe=FEW)
    request = SampleRequest(
        problem_id="p",
        messages=({"role": "user", "content": "print"},),
        sample_indices=(0, 1),
        seeds=(1, 2),
    )

    async def take() -> list[str]:
        sampler = TransformersSampler(str(tmp_path / "model"), Sampling(max_tokens=8), batch_size=2)
        try:
            return [sample.text async for sample in sampler.sample(request)]
        finally:
            await sampler.aclose()

    assert len(asyncio.run(take())) == 2


def test_learning_lowers_the_loss(tmp_path: Path) -> None:
    losses: list[float] = []
    recipe = Recipe(steps=12, worked_steps=12, batch_size=16)
    make_tiny_model(tmp_path / "model", recipe=recipe, progress=lambda *step: losses.append(step[2]))
    assert losses[-1] < losses[0] - 1.0  # nats a token


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="exists already"):
        make_tiny_model(tmp_path, recipe=FEW)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_an_error_before_the_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="cannot be written"):
        make_tiny_model(tmp_path / "file" / "model", recipe=FEW, progress=lambda *_: pytest.fail("trained"))


def test_an_interrupted_making_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(step: int, total: int, loss: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_tiny_model(tmp_path / "cache" / "model", recipe=FEW, progress=interrupt)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_cache_makes_a_model_once(tmp_path: Path) -> None:
    steps: list[int] = []
    first = tiny_model_cached(tmp_path, recipe=FEW, progress=lambda step, *_: steps.append(step))
    again = tiny_model_cached(tmp_path, recipe=FEW, progress=lambda step, *_: steps.append(step))
    assert first == again
    assert steps == [1, 2, 3]
    assert tiny_model_cached(tmp_path, recipe=FEW, seed=9) != first


def test_the_cache_is_where_the_desktop_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert making._cache(None) == tmp_path / "genesys" / "models"


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main([str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
