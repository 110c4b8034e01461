"""The doors through which a training or a harvest scores a completion, for comparing their floats."""

# mypy: untyped-calls-exclude="torch,transformers,trl"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from small_policies import small_policy

from genesys.rollouts.run_reader import RunReader
from genesys.schema import Problem
from genesys.training.prompt_data import problem_cell

Case = tuple[Problem, str]
Scores = list[float | None]

ENVIRONMENTS = {
    "verifiable_math": "genesys/math-v0",
    "code_output_prediction": "genesys/output-prediction-v0",
    "verifiable_code": "genesys/code-v0",
}
GROUP = 2


class Remembering:
    """A reward function that remembers what it returned, by the row that it was asked about."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.__name__ = inner.__name__
        self.returned: list[tuple[int, float | None]] = []

    def __call__(self, **batch: Any) -> Scores:
        scores: Scores = self._inner(**batch)
        self.returned += zip(batch["place"], scores, strict=True)
        return scores


def distinct(cases: Sequence[Case]) -> list[Case]:
    """The cases with an id of their own each, which no verdict depends on."""
    return [
        (replace(problem, problem_id=f"{place}-{problem.problem_id}"), text)
        for place, (problem, text) in enumerate(cases)
    ]


def through_grpo(
    cases: Sequence[Case],
    reward: Any,
    folder: Path,
    *,
    rows_a_step: int = 20,
    group: int = GROUP,
    step_settings: dict[str, Any] | None = None,
) -> tuple[Scores, Scores]:
    """Trains on the completions with TRL's GRPOTrainer, whose `rollout_func` gives them.

    Args:
        cases: Problems and completions; as many in a row as a group has share their group.
        reward: The reward function.
        folder: Where the trainer writes.
        rows_a_step: Completions of one optimiser step.
        group: Completions of a group.
        step_settings: More of the trainer's configuration.

    Returns:
        What the reward returned, and what the trainer made of it, as its own log of completions says.
    """
    import pyarrow.parquet as pq
    from datasets import Dataset
    from trl.trainer.grpo_trainer import GRPOTrainer

    model, tokenizer = small_policy(folder / "policy", [text for _, text in cases])
    remembering = Remembering(reward)
    assert len(cases) % rows_a_step == 0 and rows_a_step % group == 0
    rows = [
        {"prompt": [{"role": "user", "content": str(place)}], "place": place}
        for place in range(0, len(cases), group)
    ]
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=remembering,
        rollout_func=_Rollout(cases, tokenizer),
        train_dataset=Dataset.from_list(rows),
        args=_config(folder, group, rows_a_step, len(cases), step_settings or {}),
    )
    trainer.train()
    returned = dict(remembering.returned)
    logged: Scores = []
    for file in sorted((folder / "grpo" / "completions").glob("*.parquet")):
        logged += pq.read_table(file).column(reward.__name__).to_pylist()
    order = [place for place, _ in remembering.returned]
    by_place = dict(zip(order, logged, strict=True))
    places = range(len(cases))
    return [returned[place] for place in places], [by_place[place] for place in places]


class _Rollout:
    """Gives the completions of the cases, as TRL asks for those of a row one after the other."""

    def __init__(self, cases: Sequence[Case], tokenizer: Any) -> None:
        self._cases, self._tokenizer = cases, tokenizer
        self._asked: Counter[int] = Counter()

    def __call__(self, prompts: list[Any], trainer: Any) -> dict[str, Any]:
        chosen, tokenizer = [], self._tokenizer
        for place in (int(prompt[-1]["content"]) for prompt in prompts):
            chosen.append(place + self._asked[place])
            self._asked[place] += 1
        ids = [tokenizer(self._cases[place][1], add_special_tokens=False)["input_ids"] for place in chosen]
        ids = [[*tokens, tokenizer.eos_token_id] for tokens in ids]
        return {
            "prompt_ids": [tokenizer(prompt[-1]["content"])["input_ids"] for prompt in prompts],
            "completion_ids": ids,
            "logprobs": [[0.0] * len(tokens) for tokens in ids],
            "problem": [problem_cell(self._cases[place][0]) for place in chosen],
            "place": chosen,
        }


def _config(folder: Path, group: int, rows_a_step: int, rows: int, more: dict[str, Any]) -> Any:
    from trl.trainer.grpo_config import GRPOConfig

    return GRPOConfig(
        output_dir=str(folder / "grpo"),
        use_cpu=True,
        bf16=False,
        report_to="none",
        num_generations=group,
        per_device_train_batch_size=group,
        gradient_accumulation_steps=rows_a_step // group,
        max_steps=rows // rows_a_step,
        shuffle_dataset=False,
        logging_steps=1,
        log_completions=True,
        num_completions_to_print=0,
        save_strategy="no",
        disable_tqdm=True,
        gradient_checkpointing=False,
        **more,
    )


def through_async_worker(cases: Sequence[Case], pickled: bytes, folder: Path) -> Scores:
    """Scores groups as AsyncGRPO's rollout worker does: with its own function, off the main thread."""
    from accelerate import PartialState
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl.experimental.async_grpo.async_rollout_worker import RolloutGroup, _AsyncRolloutLoop

    PartialState()  # TRL's loggers ask for it
    context = multiprocessing.get_context("spawn")
    tokenizer = AutoTokenizer.from_pretrained(folder / "policy")
    tokenizer.response_template = {}  # how generated text is parsed: nothing is generated here
    loop = _AsyncRolloutLoop(
        model_name="policy",
        dataset=Dataset.from_list([{"prompt": [{"role": "user", "content": "?"}]}]),
        reward_funcs=[pickle.loads(pickled)],
        processing_class=tokenizer,
        eos_token_ids=[0],
        rollout_buffer=context.Queue(),
        model_version_value=context.Value("i", 0),
        heartbeat_value=context.Value("d", 0.0),
        failed_event=context.Event(),
        exception_info_queue=context.Queue(),
        metrics_queue=context.Queue(),
        num_generations=GROUP,
    )

    def group(start: int) -> Any:
        chosen = cases[start : start + GROUP]
        return RolloutGroup(
            prompts=[[{"role": "user", "content": "?"}]] * len(chosen),
            reward_kwargs={"problem": [problem_cell(problem) for problem, _ in chosen]},
            completions=[[{"role": "assistant", "content": text}] for _, text in chosen],
            completions_ids=[[1, 0] for _ in chosen],
            completions_sequences=[[] for _ in chosen],
            tool_call_counts=[0] * len(chosen),
            tool_failure_counts=[0] * len(chosen),
            model_version=0,
            group_id=start,
            env_rewards=[None] * len(chosen),
            rollout_rewards=[None] * len(chosen),
        )

    heard = _Heard(loop.reward_funcs[0])
    loop.reward_funcs[:] = [heard]  # type: ignore[list-item]  # TRL's annotation forgets the None that it documents

    async def score_all() -> None:
        for start in range(0, len(cases), GROUP):
            await loop._score_group(group(start))

    asyncio.run(score_all())
    return heard.returned


class _Heard:
    def __init__(self, inner: Any) -> None:
        self._inner, self.returned = inner, list[float | None]()

    def __call__(self, **batch: Any) -> Scores:
        scores: Scores = self._inner(**batch)
        self.returned += scores
        return scores


def through_async_child(cases: Sequence[Case], pickled: bytes, folder: Path) -> Scores:
    """`through_async_worker` in a spawned process, as AsyncGRPO runs its worker."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1, initializer=_without_gpu) as pool:
        return pool.apply(through_async_worker, (cases, pickled, folder))


def _without_gpu() -> None:
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # as TRL does


def through_collector(cases: Sequence[Case], folder: Path) -> Scores:
    """Harvests the completions from a recording with `genesys collect`, one run a task type."""
    scores: dict[str, float | None] = {}
    for task_type in sorted({problem.task_type for problem, _ in cases}):
        chosen = [case for case in cases if case[0].task_type == task_type]
        problems, recording = folder / f"{task_type}.jsonl", folder / f"{task_type}-responses.jsonl"
        problems.write_text("".join(json.dumps(problem.to_row()) + "\n" for problem, _ in chosen))
        recording.write_text(
            "".join(
                json.dumps({"problem_id": problem.problem_id, "llm_response": text}) + "\n"
                for problem, text in chosen
            )
        )
        run = folder / f"run-{task_type}"
        genesys("collect", "--env", ENVIRONMENTS[task_type], "--sampler", "recording", "--model", recording,
                "--problems", problems, "--out", run)  # fmt: skip
        reader = RunReader(run)
        for key in reader.verifier_keys():
            rows = reader.table("scores", ["problem_id", "score"], key).to_pylist()
            scores |= {row["problem_id"]: row["score"] for row in rows}
    return [scores[problem.problem_id] for problem, _ in cases]


def through_score(cases: Sequence[Case], folder: Path) -> Scores:
    """Scores the completions as a file, with `genesys score`."""
    rows = [
        {**problem.to_row(), "llm_response": text, "response_id": str(place)}
        for place, (problem, text) in enumerate(cases)
    ]
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    genesys("score", folder / "in.jsonl", "--out", folder / "scored.jsonl")
    scored = [json.loads(line) for line in (folder / "scored.jsonl").read_text().splitlines()]
    by_id = {row["response_id"]: row["score"] for row in scored}
    return [by_id[str(place)] for place in range(len(cases))]


def genesys(*arguments: object) -> None:
    """Runs a command, and shows what it says where it fails."""
    code = "import sys; from genesys.cli import main; sys.argv[0] = 'genesys'; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
