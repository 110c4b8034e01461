"""What a training is told: names are checked, files and options add up, wrong values are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl")

from genesys.errors import ConfigurationError, UnknownName
from genesys.training.trainers import KINDS, TrainSettings, read_settings
from genesys.training.trainers.reward_choice import reward_functions
from genesys.training.trainers.settings import OWN_SETTINGS
from genesys.training.trainers.trl_arguments import trl_arguments, trl_fields
from genesys.training.verified_reward import reward

GRPO = {"model": "m", "out": "o", "env": "genesys/math-v0"}
SFT = {"model": "m", "out": "o", "dataset": "d"}


def test_file_options_and_assignments_each_win_over_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(
        'model = "from file"\nout = "o"\nenv = "genesys/math-v0"\nlearning_rate = 1e-6\nbeta = 0.1\nseed = 1\n'
    )
    settings = read_settings(
        "grpo",
        config=tmp_path / "c.toml",
        given={"model": "from option", "seed": 2, "out": None},
        assignments=["seed=3", "loss_type=dr_grpo"],
    )
    assert settings.model == "from option"
    assert settings.out == Path("o")
    assert settings.trl == {"learning_rate": 1e-6, "beta": 0.1, "seed": 3, "loss_type": "dr_grpo"}


@pytest.mark.parametrize(
    ("name", "suggestion"), [("learning_rat", "learning_rate"), ("eval_problem", "eval_problems")]
)
def test_an_unknown_setting_suggests_the_right_one(name: str, suggestion: str) -> None:
    with pytest.raises(UnknownName, match=f"Did you mean '{suggestion}'"):
        read_settings("grpo", given=GRPO | {name: 1})


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("grpo", GRPO | {"env": None}, "needs an environment"),
        ("sft", SFT | {"dataset": None}, "needs a dataset"),
        ("sft", SFT | {"min_pass_rate": 0.1}, "means nothing to sft"),
        ("grpo", GRPO | {"dataset": "d"}, "means nothing to grpo"),
        ("grpo", GRPO | {"min_pass_rate": 0.1}, "needs measured pass rates"),
        ("grpo", GRPO | {"pass_rates": "r", "max_pass_rate": 2}, "no share"),
        ("sft", SFT | {"eval_problems": "p"}, "needs an environment"),
        ("grpo", GRPO | {"eval_n": 0}, "no whole number"),
        ("grpo", GRPO | {"eval_every": 5}, "needs held-out problems"),
        ("grpo", GRPO | {"curriculum": "no", "pass_rates": "r"}, "neither true nor false"),
        ("grpo", GRPO | {"output_dir": "x"}, "--out"),
        ("grpo", GRPO | {"model": None}, "needs 'model'"),
        ("grpo", GRPO | {"rewards": [3]}, "no shaping reward"),
        ("grpo", GRPO | {"combine": "product"}, "'product'"),
    ],
)
def test_what_makes_no_sense_is_named(kind: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_settings(kind, given=values)


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("learning_rate=fast", "no number"),
        ("learning_rate=true", "no number"),
        ("use_vllm=1", "neither true nor false"),
        ("num_generations=3", "divisible"),
        ("lr_scheduler_type=straight", "straight"),
    ],
)
def test_wrong_values_are_found_before_anything_is_loaded(assignment: str, said: str) -> None:
    settings = read_settings("grpo", given=GRPO, assignments=[assignment])
    with pytest.raises(ConfigurationError, match=said):
        trl_arguments(settings, resumed=False)


@pytest.mark.parametrize("kind", KINDS)
def test_no_setting_of_genesys_hides_one_of_trl(kind: Any) -> None:
    assert not set(OWN_SETTINGS) & set(trl_fields(kind))


def test_nothing_is_cut_unless_somebody_says_so() -> None:
    assert trl_arguments(read_settings("sft", given=SFT), resumed=False).max_length is None
    cut = read_settings("sft", given=SFT | {"max_length": 100})
    assert trl_arguments(cut, resumed=False).max_length == 100


def test_saves_are_rounded_up_to_whole_generations() -> None:
    values = {"steps_per_generation": 4, "num_iterations": 2, "gradient_accumulation_steps": 2}
    settings = read_settings("grpo", given=GRPO | values | {"save_steps": 10})
    assert trl_arguments(settings, resumed=False).save_steps == 12  # 8 batches are 4 steps


def test_nothing_reports_to_anybody_unless_asked() -> None:
    assert trl_arguments(read_settings("grpo", given=GRPO), resumed=False).report_to == []
    asked = read_settings("grpo", given=GRPO | {"wandb": True})
    assert trl_arguments(asked, resumed=False).report_to == ["wandb"]


def test_the_identity_leaves_out_what_may_change_and_is_json() -> None:
    settings = read_settings("grpo", given=GRPO | {"max_steps": 3, "beta": 0.1})
    longer = read_settings("grpo", given=GRPO | {"max_steps": 5, "beta": 0.1, "out": "elsewhere"})
    other = read_settings("grpo", given=GRPO | {"max_steps": 3, "beta": 0.2})
    assert settings.identity() == longer.identity() != other.identity()
    assert json.loads(json.dumps(settings.identity())) == settings.identity()


def chosen(*tables: Any, combine: str = "sum", weights: list[float] | None = None) -> Any:
    settings = read_settings("grpo", given=GRPO | {"rewards": list(tables)})
    return reward_functions(reward(), settings.rewards, combine=combine, limit=100, weights=weights)


def test_shaping_rewards_stand_beside_the_verifiers() -> None:
    functions, weights = chosen("format", {"reward": "overlong", "weight": 0.5, "cache": 10})
    assert [function.__name__ for function in functions] == ["correctness", "format", "overlong"]
    assert weights == [1.0, 1.0, 0.5]
    assert functions[2].limit == 100


def test_a_gate_is_one_reward() -> None:
    functions, weights = chosen({"reward": "format", "weight": 0.1}, combine="gate")
    assert [function.__name__ for function in functions] == ["gated"]
    assert weights is None
    assert functions[0].range == (0.0, 1.1)


def test_the_cosine_takes_the_place_of_the_correctness() -> None:
    functions, _ = chosen("format", "cosine_length")
    assert [function.__name__ for function in functions] == ["cosine_length", "format"]


@pytest.mark.parametrize(
    ("table", "said"), [("formatt", "'format'"), ({"reward": "format", "tag": 1}, "'tag'")]
)
def test_an_unknown_shaping_reward_or_field_is_named(table: Any, said: str) -> None:
    with pytest.raises(UnknownName, match=said):
        chosen(table)


def test_weights_are_given_once() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        chosen({"reward": "format", "weight": 0.1}, weights=[1.0, 0.1])


def test_every_configuration_of_the_repository_is_loaded(root: Path) -> None:
    files = sorted((root / "examples" / "configs").glob("*.toml"))
    assert files
    for file in files:
        kind: Any = file.name.partition("-")[0]
        assert isinstance(read_settings(kind, config=file), TrainSettings)
        without_gpu = {"bf16": False} | ({"use_vllm": False} if kind == "grpo" else {})
        trl_arguments(read_settings(kind, config=file, given=without_gpu), resumed=False)
