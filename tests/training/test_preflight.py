"""Preflight: each trap is caught, and a sound training is let through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("trl")

from curation_runs import Row, make_run, problem, verdict
from flights import CPU, R1_LIKE, grpo, names, prompts, sft, traces
from runs import make_problem
from transformers import PreTrainedTokenizerFast
from trl.trainer.dpo_config import DPOConfig

from genesys.errors import ConfigurationError
from genesys.training import PreflightFailed, preflight, reward, stop_on
from genesys.training.prompt_data import problem_cell
from genesys.training.shaping import Format
from genesys.training.tiny_model.corpus import tokenizer_texts
from genesys.training.tiny_model.tokenizer import build_tokenizer


@pytest.fixture(scope="module")
def made() -> PreTrainedTokenizerFast:
    return build_tokenizer(tokenizer_texts())


@pytest.fixture
def tokenizer(made: PreTrainedTokenizerFast) -> Any:
    from copy import deepcopy

    return deepcopy(made)


def test_a_sound_training_has_no_findings(tmp_path: Path, tokenizer: Any) -> None:
    assert preflight(grpo(tmp_path), prompts(), tokenizer, rewards=reward()) == []
    rows = traces(5, 9)
    assert preflight(sft(tmp_path), rows, tokenizer) == []
    assert preflight(sft(tmp_path, assistant_only_loss=True), rows, tokenizer) == []


def test_rows_longer_than_max_length_lose_their_answer(tmp_path: Path, tokenizer: Any) -> None:
    found = preflight(sft(tmp_path), traces(5, 2000), tokenizer)
    assert names(found) == {"cut_by_max_length": "stop"}
    assert "50% of all 2 rows" in found[0].text
    assert "the answer is lost" in found[0].text
    assert names(preflight(sft(tmp_path, max_length=None), traces(5, 2000), tokenizer)) == {}
    split = sft(tmp_path, packing=True, packing_strategy="bfd_split")
    assert "cut_by_max_length" not in names(preflight(split, traces(5, 2000), tokenizer))


def test_a_preference_is_cut_where_either_answer_is(tmp_path: Path, tokenizer: Any) -> None:
    (short,), (long,) = traces(5), traces(2000)
    row = {"prompt": short["prompt"], "chosen": short["completion"], "rejected": long["completion"]}
    assert names(preflight(DPOConfig(str(tmp_path), **CPU), [row], tokenizer)) == {
        "cut_by_max_length": "stop"
    }


def test_completions_shorter_than_the_gold_or_the_default(tmp_path: Path, tokenizer: Any) -> None:
    long = replace(make_problem(0), gold_standard_solution="so " * 100)
    rows = [{**prompts(1)[0], "problem": problem_cell(long)}]
    config = grpo(tmp_path, per_device_train_batch_size=4)
    assert names(preflight(config, rows, tokenizer, rewards=reward())) == {
        "cut_by_max_completion_length": "stop"
    }
    default = preflight(grpo(tmp_path, max_completion_length=512), prompts(), tokenizer, rewards=reward())
    assert names(default) == {"default_max_completion_length": "warn"}


def test_the_lengths_of_an_offline_run_say_how_many_right_answers_are_lost(
    tmp_path: Path, tokenizer: Any
) -> None:
    run = a_run(tmp_path, passed=2)  # completions of seven tokens
    found = preflight(
        grpo(tmp_path, max_completion_length=4), prompts(), tokenizer, rewards=reward(), run=run
    )
    assert names(found) == {"cut_by_max_completion_length": "stop"}
    assert "100% of 64 completions" in found[0].text
    assert "100% of the right answers" in found[0].text
    assert (
        preflight(grpo(tmp_path, max_completion_length=7), prompts(), tokenizer, rewards=reward(), run=run)
        == []
    )


def test_plain_rows_are_measured_too(tmp_path: Path, tokenizer: Any) -> None:
    rows = [{"prompt": "Why?", "completion": "so " * count} for count in (5, 2000)]
    assert names(preflight(sft(tmp_path), rows, tokenizer)) == {"cut_by_max_length": "stop"}


def test_a_prompt_and_its_completion_must_fit_the_context(tmp_path: Path, tokenizer: Any) -> None:
    model = SimpleNamespace(config=SimpleNamespace(max_position_embeddings=64, _name_or_path="a/b"))
    found = preflight(grpo(tmp_path), prompts(), tokenizer, rewards=reward(), model=model)
    assert names(found) == {"beyond_the_context": "stop"}


def test_the_context_of_a_model_that_is_named_is_known(tmp_path: Path, tokenizer: Any) -> None:
    from transformers import LlamaConfig

    LlamaConfig(max_position_embeddings=64).save_pretrained(tmp_path / "model")
    model = str(tmp_path / "model")
    online = preflight(grpo(tmp_path), prompts(), tokenizer, rewards=reward(), model=model)
    assert names(online) == {"beyond_the_context": "stop"}
    offline = preflight(sft(tmp_path, max_length=None), traces(5, 200), tokenizer, model=model)
    assert names(offline) == {"beyond_the_context": "stop"}
    assert "50% of all 2 rows" in offline[0].text


def a_run(tmp_path: Path, passed: int, of: int = 4) -> Path:
    rows = [
        Row(problem=problem(f"p{number}"), index=index, verdicts=[verdict(1.0 if index < passed else 0.0)])
        for number in range(16)
        for index in range(of)
    ]
    return make_run(tmp_path / "run", rows)


@pytest.mark.parametrize(("passed", "expected"), [(0, "stop"), (2, None), (4, "stop")])
def test_groups_without_spread(tmp_path: Path, tokenizer: Any, passed: int, expected: str | None) -> None:
    run = a_run(tmp_path, passed)
    found = preflight(grpo(tmp_path), prompts(), tokenizer, rewards=reward(), run=run)
    assert names(found).get("groups_without_spread") == expected


def test_a_run_of_other_problems_says_nothing(tmp_path: Path, tokenizer: Any) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("other"), verdicts=[verdict(1.0)])])
    found = preflight(grpo(tmp_path), prompts(), tokenizer, rewards=reward(), run=run)
    assert names(found)["unknown_pass_rates"] == "warn"


def test_form_must_not_pay_more_than_being_right(tmp_path: Path, tokenizer: Any) -> None:
    rewards = [reward(), Format()]
    assert names(preflight(grpo(tmp_path), prompts(), tokenizer, rewards=rewards)) == {
        "form_pays_more": "warn"
    }
    light = grpo(tmp_path, reward_weights=[1.0, 0.2])
    assert preflight(light, prompts(), tokenizer, rewards=rewards) == []
    one = grpo(tmp_path, reward_weights=[1.0])
    assert names(preflight(one, prompts(), tokenizer, rewards=rewards)) == {"reward_weights": "stop"}


def test_a_reward_without_its_column_and_problems_that_never_score(tmp_path: Path, tokenizer: Any) -> None:
    bare = [{"prompt": row["prompt"]} for row in prompts()]
    assert names(preflight(grpo(tmp_path), bare, tokenizer, rewards=reward())) == {"missing_column": "stop"}
    bad = [{**row, "problem": problem_cell(make_problem(0, gold=""))} for row in prompts()]
    found = preflight(grpo(tmp_path), bad, tokenizer, rewards=reward())
    assert names(found) == {"unscorable_problems": "stop"}
    found = preflight(grpo(tmp_path), [*bad[:8], *prompts(8)], tokenizer, rewards=reward())
    assert names(found) == {"unscorable_problems": "warn"}


def test_batches_hold_whole_groups_of_problems_that_exist(tmp_path: Path, tokenizer: Any) -> None:
    few = preflight(grpo(tmp_path), prompts(1), tokenizer, rewards=reward())
    assert names(few) == {"fewer_rows_than_a_batch": "stop"}
    over = grpo(tmp_path, per_device_train_batch_size=36)
    assert names(preflight(over, prompts(16), tokenizer, rewards=reward())) == {"rows_left_over": "warn"}
    for changes, name in (
        ({"num_generations": 3}, "groups_are_not_whole"),
        ({"num_generations": 1}, "group_of_one"),
        ({"remove_unused_columns": True}, "columns_are_removed"),
    ):
        config = grpo(tmp_path)
        for setting, value in changes.items():
            setattr(config, setting, value)
        assert names(preflight(config, prompts(), tokenizer, rewards=reward())) == {name: "stop"}
    assert names(preflight(sft(tmp_path), [], tokenizer)) == {"no_rows": "stop"}


def test_checkpoints_fall_between_generations(tmp_path: Path, tokenizer: Any) -> None:
    config = grpo(tmp_path, steps_per_generation=2, save_steps=7)
    found = preflight(config, prompts(), tokenizer, rewards=reward())
    assert names(found) == {"checkpoint_within_generation": "warn"}
    assert "save_steps=8" in found[0].remedy


def test_a_step_does_not_mix_two_generations(tmp_path: Path, tokenizer: Any) -> None:
    config = grpo(tmp_path, steps_per_generation=2, gradient_accumulation_steps=4)
    found = preflight(config, prompts(), tokenizer, rewards=reward())
    assert names(found) == {"generations_cross_steps": "warn"}


def test_a_stream_needs_an_end(tmp_path: Path, tokenizer: Any) -> None:
    stream = iter(prompts())
    assert names(preflight(grpo(tmp_path), stream, tokenizer, rewards=reward())) == {"no_max_steps": "stop"}


def test_what_the_machine_cannot_serve(
    tmp_path: Path, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    memory = SimpleNamespace(config=SimpleNamespace(_name_or_path=""))
    config = grpo(tmp_path, beta=0.1)
    config.use_vllm, config.bf16, config.report_to = True, True, ["wandb"]
    found = preflight(config, prompts(), tokenizer, rewards=reward(), model=memory)
    assert names(found) == {
        "vllm_on_cpu": "stop",
        "no_reference_model": "stop",
        "wandb_would_ask": "stop",
        "bf16_on_cpu": "warn",
    }
    monkeypatch.setenv("WANDB_MODE", "offline")
    found = preflight(config, prompts(), tokenizer, rewards=reward(), model="a/b")
    assert names(found) == {"vllm_on_cpu": "stop", "bf16_on_cpu": "warn"}


def test_what_must_stop_is_one_error_that_lists_everything(tmp_path: Path, tokenizer: Any) -> None:
    tokenizer.chat_template = R1_LIKE
    with pytest.raises(PreflightFailed) as caught:
        stop_on(preflight(sft(tmp_path), traces(5, 3000), tokenizer))
    assert {"template_drops_think"} <= {finding.name for finding in caught.value.findings}
    assert "--force" in str(caught.value)
    assert isinstance(caught.value, ConfigurationError)
    stop_on(preflight(sft(tmp_path), traces(5), build_tokenizer(tokenizer_texts())))


def test_a_large_dataset_is_sampled_over_its_whole_length(tmp_path: Path, tokenizer: Any) -> None:
    rows = [*traces(5) * 90, *traces(2000) * 10]
    found = preflight(sft(tmp_path), rows, tokenizer, rows=20)
    assert "10% of 20 rows looked at" in found[0].text


def test_an_unknown_configuration_is_refused(tokenizer: Any) -> None:
    with pytest.raises(ConfigurationError, match="SimpleNamespace"):
        preflight(SimpleNamespace(), prompts(), tokenizer)
