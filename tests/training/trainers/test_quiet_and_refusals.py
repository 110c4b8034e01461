"""What a training refuses before it begins, and what the libraries around it may not say."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

from small_models import random_model
from training_data import grpo_settings

from genesys.errors import ConfigurationError
from genesys.rewards.judging import VARIABLE
from genesys.training.trainers import read_settings, train
from genesys.training.trainers.quiet import quiet_libraries, quiet_resuming


@pytest.mark.parametrize(("name", "what"), [("run.json", "a run"), ("manifest.json", "a dataset")])
def test_a_training_does_not_write_among_the_files_of_something_else(
    tmp_path: Path, name: str, what: str
) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(ConfigurationError, match=f"holds {what}"):
        train(read_settings("grpo", given=grpo_settings(Path("m"), tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("model", ["./nowhere", "/nowhere/at/all", "runs/sft/model"])
def test_a_folder_that_is_not_there_is_not_asked_of_the_hub(tmp_path: Path, model: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no model folder"):
        train(read_settings("grpo", given=grpo_settings(Path("m"), tmp_path) | {"model": model}))


def test_a_judged_environment_needs_its_judge_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    given = grpo_settings(random_model(tmp_path / "model"), tmp_path / "out", env="genesys/stem-v0")
    with pytest.raises(ConfigurationError, match="needs a judge"):
        train(read_settings("grpo", given=given | {"problems": None}))


def test_only_what_a_person_could_act_on_is_said(caplog: pytest.LogCaptureFixture) -> None:
    import torch

    class Tied(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(4, 2)
            self.head = torch.nn.Linear(2, 4, bias=False)
            self.head.weight = self.embedding.weight

    logger = logging.getLogger("transformers.trainer")
    said = "There were missing keys in the checkpoint model loaded: {}."
    lines: list[str] = []
    seen: Any = logging.Handler()
    seen.emit = lambda record: lines.append(record.getMessage())
    logger.addHandler(seen)
    with quiet_resuming(Tied()), quiet_libraries():
        logger.warning(said.format(["head.weight"]))
        logger.warning(said.format(["body.weight"]))
    logger.warning(said.format(["head.weight"]))
    logger.removeHandler(seen)
    assert lines == [said.format(["body.weight"]), said.format(["head.weight"])]
