"""Held-out evaluation of SFT and DPO: the model answers problems that it does not learn from.

GRPO generates anyway, maybe by vLLM, and evaluates by TRL itself (`trl_arguments`).
"""

# mypy: untyped-calls-exclude="torch,transformers,trl"
# Parts of their interfaces carry no annotations.

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from genesys.optional import require
from genesys.schema import Problem, canonical_text
from genesys.training.completion_text import opened_by
from genesys.training.trainers.progress import HELD_OUT

logger = logging.getLogger(__name__)

FOLDER = "held_out"


class HeldOut(TrainerCallback):
    """Scores held-out problems before, during and after a training.

    Its random numbers are its own: a training with it ends with the same weights as one without.

    Args:
        rows: (prompt messages, problem) of every problem.
        score: From problems and texts to scores.
        count: Completions for each.
        every: Steps between two evaluations, or None.
        max_tokens: Tokens of a completion at most.
        temperature: How they are drawn; 0 is greedy.
        seed: Seed of the draws.
        batch_size: Completions sampled together.
    """

    def __init__(
        self,
        rows: Sequence[tuple[list[dict[str, str]], Problem]],
        score: Any,
        *,
        count: int,
        every: int | None,
        max_tokens: int,
        temperature: float,
        seed: int,
        batch_size: int,
    ) -> None:
        self._rows = [row for row in rows for _ in range(count)]
        self._score, self._every, self._seed, self._batch_size = score, every, seed, batch_size
        self._generation: dict[str, Any] = {"max_new_tokens": max_tokens, "do_sample": temperature > 0}
        if temperature > 0:
            self._generation |= {"temperature": temperature, "top_k": 0, "top_p": 1.0}
        self._trainer: Any = None

    def attach(self, trainer: Any) -> None:
        """Says whose model is evaluated."""
        self._trainer = trainer

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Before the first step; a resumed training has done that."""
        if state.global_step == 0:
            self.evaluate()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Every so many steps, and after the last."""
        last = state.global_step >= state.max_steps
        if last or (self._every is not None and state.global_step % self._every == 0):
            self.evaluate()

    def evaluate(self) -> float | None:
        """Samples, scores and logs; every process does its share.

        Returns:
            The mean score, or None where nothing could be scored, or the weights are sharded by FSDP.
        """
        if self._trainer.is_fsdp_enabled:
            logger.warning("held-out problems are not sampled under FSDP: run `genesys eval` on the model")
            return None
        gather = require("accelerate.utils", extra="train", feature="evaluation").gather_object
        accelerator = self._trainer.accelerator
        mine = list(range(accelerator.process_index, len(self._rows), accelerator.num_processes))
        texts = self._sample([self._rows[place][0] for place in mine])
        scores = self._score([self._rows[place][1] for place in mine], texts)
        found = sorted(gather(list(zip(mine, texts, scores, strict=True))))
        counted = [score for _, _, score in found if score is not None]
        mean = sum(counted) / len(counted) if counted else None
        self._trainer.log({HELD_OUT: mean})
        if accelerator.is_main_process:
            self._keep(found)
        return mean

    def _sample(self, prompts: Sequence[list[dict[str, str]]]) -> list[str]:
        unwrapped = require("trl.models", extra="train", feature="evaluation").unwrap_model_for_generation
        trainer, texts = self._trainer, list[str]()
        training = trainer.model.training
        devices = [trainer.accelerator.device] if trainer.accelerator.device.type == "cuda" else []
        with (
            torch.random.fork_rng(devices=devices),
            torch.no_grad(),
            unwrapped(trainer.model_wrapped, trainer.accelerator) as model,
        ):
            torch.manual_seed(self._seed + trainer.accelerator.process_index)
            model.eval()
            for start in range(0, len(prompts), self._batch_size):
                texts += self._batch(model, prompts[start : start + self._batch_size])
        trainer.model.train(training)
        return texts

    def _batch(self, model: Any, prompts: Sequence[list[dict[str, str]]]) -> list[str]:
        tokenizer = self._trainer.processing_class
        side, tokenizer.padding_side = tokenizer.padding_side, "left"
        try:
            rendered = tokenizer.apply_chat_template(
                list(prompts), tokenize=False, add_generation_prompt=True
            )
            inputs = tokenizer(rendered, return_tensors="pt", padding=True, add_special_tokens=False)
        finally:
            tokenizer.padding_side = side
        inputs = {name: inputs[name].to(model.device) for name in ("input_ids", "attention_mask")}
        tokens = model.generate(**inputs, **self._generation, pad_token_id=tokenizer.pad_token_id)
        answers = tokenizer.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        opened = opened_by(tokenizer)
        return [canonical_text(answer, opened=opened) for answer in answers]

    def _keep(self, found: Sequence[tuple[int, str, float | None]]) -> None:
        folder = Path(self._trainer.args.output_dir) / FOLDER
        folder.mkdir(exist_ok=True)
        lines = (
            {"problem_id": self._rows[place][1].problem_id, "text": text, "score": score}
            for place, text, score in found
        )
        path = folder / f"step-{self._trainer.state.global_step:06d}.jsonl"
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
