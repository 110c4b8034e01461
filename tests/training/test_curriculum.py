"""Problems by difficulty: chosen and weighted by an offline run, and moved by training itself."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("datasets")
pytest.importorskip("trl")

from curation_runs import Row, make_run, problem, verdict
from datasets import Dataset
from runs import make_problem

from genesys.errors import ConfigurationError, DataError
from genesys.training import reward
from genesys.training.checks.rewarding import verified
from genesys.training.curriculum import FLOOR, Curriculum
from genesys.training.pass_rates import PassRate, choose, read_pass_rates
from genesys.training.prompt_data import problem_cell, problem_of


def test_pass_rates_of_a_run_leave_the_unscorable_out(tmp_path: Path) -> None:
    scores = {"a": (1.0, 0.0, 1.0, None), "b": (0.0, 0.0), "c": (None,)}
    rows = [
        Row(problem=problem(name), index=index, verdicts=[verdict(score)])
        for name, group in scores.items()
        for index, score in enumerate(group)
    ]
    rates = read_pass_rates(make_run(tmp_path / "run", rows))
    assert rates == {"a": PassRate(2, 3), "b": PassRate(0, 2)}
    with pytest.raises(ConfigurationError, match="has not scored"):
        read_pass_rates(tmp_path / "run", "output@1")


def test_each_task_type_counts_its_own_verifier_once(tmp_path: Path) -> None:
    """A judge's key names its model, which whoever reads the run need not have configured."""
    judged = replace(problem("j"), task_type="llm_judgeable_groundtruth_similarity")
    both = [verdict(1.0), replace(verdict(0.0), verifier="math-verify@1")]
    rows = [
        Row(problem=problem("m"), verdicts=both),
        Row(problem=judged, verdicts=[replace(verdict(1.0), verifier="judge@1+abc")]),
    ]
    run = make_run(tmp_path / "run", rows)
    assert read_pass_rates(run) == {"m": PassRate(1, 1), "j": PassRate(1, 1)}
    assert read_pass_rates(run, "math-verify@1") == {"m": PassRate(0, 1)}


def test_a_run_without_scores_is_an_error(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [Row(problem=problem("a"))])
    with pytest.raises(DataError, match="holds no scores"):
        read_pass_rates(run)


def test_problems_are_chosen_by_their_pass_rate() -> None:
    rates = {f"p{tenth}": PassRate(tenth, 10) for tenth in range(11)}
    assert choose(rates, least=0.2, most=0.3) == {"p2", "p3"}
    with pytest.raises(ConfigurationError, match="no range"):
        choose(rates, least=0.5, most=0.2)


COUNT = 50


def prompts(count: int = COUNT) -> Dataset:
    problems = [make_problem(number) for number in range(count)]
    return Dataset.from_list(
        [
            {"prompt": [{"role": "user", "content": one.prompt}], "problem": problem_cell(one)}
            for one in problems
        ]
    )


def arguments(**changes: Any) -> Any:
    usual = {
        "generation_batch_size": 20, "num_generations": 2, "max_steps": -1, "num_train_epochs": 3,
        "gradient_accumulation_steps": 1, "steps_per_generation": 1, "num_iterations": 1,
        "shuffle_dataset": True,
    }  # fmt: skip
    return SimpleNamespace(**(usual | changes))


def curriculum(rate: float = 0.5, **options: Any) -> Curriculum:
    return Curriculum({f"p{number}": PassRate(round(rate * 10), 10) for number in range(COUNT)}, **options)


def asked(dataset: Dataset, slots: range) -> list[str]:
    return [problem_of(dataset[slot]["problem"]).problem_id for slot in slots]


def test_equal_problems_come_once_in_each_round_in_another_order() -> None:
    args = arguments()
    dataset = curriculum().dataset(prompts(), args)
    assert (len(dataset), args.shuffle_dataset, args.num_train_epochs) == (150, False, 1)
    first, second = asked(dataset, range(50)), asked(dataset, range(50, 100))
    assert sorted(first) == sorted(second) == sorted(f"p{number}" for number in range(COUNT))
    assert first != second
    assert asked(curriculum().dataset(prompts(), arguments()), range(50)) == first
    assert asked(curriculum(seed=1).dataset(prompts(), arguments()), range(50)) != first


def test_problems_outside_the_range_are_never_asked() -> None:
    rates = {f"p{number}": PassRate(number % 11, 10) for number in range(COUNT)}
    dataset = Curriculum(rates, least=0.3, most=0.5).dataset(prompts(), arguments())
    numbers = {int(name[1:]) % 11 for name in asked(dataset, range(len(dataset)))}
    assert numbers == {3, 4, 5}


def test_what_training_sees_moves_the_next_round() -> None:
    made = curriculum()
    dataset = made.dataset(prompts(), arguments())
    before = asked(dataset, range(50))
    for _ in range(64):
        made.observe("p0", "verifiable_math", 1.0)  # learned
        made.observe("p1", "verifiable_math", 1.0)
        made.observe("p1", "verifiable_math", 0.0)
        made.observe("p2", "verifiable_math", None)  # says nothing
    assert made.pass_rate("p0") == made.pass_rate("p1")
    made.settle([made.take_pending()])
    assert asked(dataset, range(50)) == before  # a round that has begun stays
    assert made.pass_rate("p0") > 0.9
    assert made.weight("p0") < 0.4
    assert made.weight("p1") > 0.9
    later = Counter(
        name for number in range(1, 200) for name in (made._names[place] for place in made._draw(number))
    )
    assert later["p0"] < 0.5 * later["p1"]
    assert later["p2"] == pytest.approx(later["p1"], rel=0.1)


def test_no_problem_is_lost_for_good() -> None:
    made = curriculum()
    made.dataset(prompts(), arguments())
    for _ in range(1000):
        made.observe("p0", "verifiable_math", 1.0)
    made.settle([made.take_pending()])
    assert made.weight("p0") >= FLOOR
    assert any(made._names[place] == "p0" for number in range(60) for place in made._draw(number))


def test_processes_that_settle_the_same_observations_agree() -> None:
    one, other = curriculum(), curriculum()
    for made, score in ((one, 1.0), (other, 0.0)):
        made.dataset(prompts(), arguments())
        made.observe("p3", "verifiable_math", score)
    gathered = [one.take_pending(), other.take_pending()]
    for made in (one, other):
        made.settle(gathered)
    assert [one.place(slot) for slot in range(50)] == [other.place(slot) for slot in range(50)]
    assert one.pass_rate("p3") == other.pass_rate("p3")


def test_the_reward_tells_the_curriculum_and_returns_the_same() -> None:
    made = curriculum()
    made.dataset(prompts(), arguments())
    watched = made.watching(reward())
    batch: dict[str, Any] = {"prompts": ["q"] * 3, "completions": ["\\boxed{42}", "\\boxed{1}", None]}
    cells = [problem_cell(make_problem(number)) for number in (0, 0, 1)]
    assert watched(**batch, problem=cells) == reward()(**batch, problem=cells) == [1.0, 0.0, None]
    assert made.take_pending() == {"p0": (1.0, 2.0)}
    assert watched.__name__ == "correctness"
    with pytest.raises(ConfigurationError, match="another process"):
        pickle.dumps(watched)


@pytest.mark.parametrize("combine", ["gate", "cosine"])
def test_shaping_on_a_reward_that_a_curriculum_watches(combine: str) -> None:
    from genesys.training.shaping import CosineLength, Format, gated

    made = curriculum()
    made.dataset(prompts(), arguments())
    watched, inner = made.watching(reward()), reward()

    def shaped(correctness: Any) -> Any:
        if combine == "gate":
            return gated(correctness, (Format(), 0.5))
        return CosineLength(correctness=correctness, limit=8)

    batch: dict[str, Any] = {
        "prompts": ["q"] * 3,
        "completions": ["<think>6</think>\\boxed{42}", "\\boxed{1}", None],
        "completion_ids": [[1, 2], [1], []],
        "problem": [problem_cell(make_problem(number)) for number in (0, 0, 1)],
    }
    assert shaped(watched)(**batch) == shaped(inner)(**batch)
    assert made.take_pending() == {"p0": (1.0, 2.0)}
    assert verified([shaped(watched)]) == [watched.inner]


def test_what_somebody_looked_at_before_training_decides_nothing() -> None:
    looked, fresh = curriculum(), curriculum()
    for made in (looked, fresh):
        dataset = made.dataset(prompts(), arguments())
        if made is looked:
            asked(dataset, range(150))
        made.begin()
        for _ in range(30):
            made.observe("p0", "verifiable_math", 1.0)
        made.settle([made.take_pending()])
    assert [looked.place(slot) for slot in range(100)] == [fresh.place(slot) for slot in range(100)]


def test_loaders_in_other_processes_and_empty_ranges_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="dataloader_num_workers"):
        curriculum().dataset(prompts(), arguments(dataloader_num_workers=2))
    with pytest.raises(DataError, match="none of 50 problems"):
        curriculum(rate=1.0, most=0.9).dataset(prompts(), arguments())


@pytest.mark.slow
def test_a_resumed_training_sees_the_problems_of_an_uninterrupted_one(tmp_path: Path) -> None:
    from small_models import random_model
    from torch import get_num_threads, set_num_threads
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    folder = random_model(tmp_path / "model")

    def train(resume: str | None) -> tuple[list[str], bytes]:
        seen: list[str] = []
        made = curriculum()
        watched = made.watching(reward())

        def spy(**batch: Any) -> list[float | None]:
            seen.extend(problem_of(cell).problem_id for cell in batch["problem"])
            watched(**batch)
            return [
                float(len(text[0]["content"])) for text in batch["completions"]
            ]  # so that something is learned

        args = GRPOConfig(
            str(tmp_path / "out"), use_cpu=True, bf16=False, report_to="none", disable_tqdm=True, seed=0,
            num_generations=2, per_device_train_batch_size=8, max_completion_length=4, max_steps=16,
            save_steps=7, logging_steps=100, gradient_checkpointing=False,
        )  # fmt: skip
        model = AutoModelForCausalLM.from_pretrained(folder)
        trainer = GRPOTrainer(
            model,
            spy,
            args=args,
            train_dataset=made.dataset(prompts(), args),
            processing_class=AutoTokenizer.from_pretrained(folder),
            callbacks=[made.callback()],
        )
        trainer.train(resume_from_checkpoint=resume)
        weights = [weight.detach().numpy().tobytes() for weight in model.parameters()]
        return seen, b"".join(weights)

    threads = get_num_threads()
    set_num_threads(1)
    whole, weights = train(None)
    rest, resumed = train(str(tmp_path / "out" / "checkpoint-7"))
    set_num_threads(threads)
    assert rest == whole[7 * 8 :]
    assert resumed == weights
